/** `torch.softmax(x, axis)`: `exp(xᵢ − max)/Σⱼ exp(xⱼ − max)`. */

import { exp } from '../../base/math/index.js';
import { operator } from './onnx-form.js';
import { linesAlong, type Operation, only, placeOf, type Values } from './operation.js';

export interface SoftmaxAttrs {
  /** From 1 on, the first after the batch. */
  axis: number;
}

export const operation: Operation<'softmax', SoftmaxAttrs> = {
  op: 'softmax',
  outputShape(inputs, { axis }) {
    const input = only(inputs);
    placeOf(axis, input);
    return input;
  },
  reference: ([x], { axis }) => softmaxAlong(x!, axis),
  onnx: (place, { axis }) => operator(place, 'Softmax', { axis }),
};

/** @param axis of the values with their batch */
export function softmaxAlong({ shape, data }: Values, axis: number): Values {
  const output = new Float64Array(data.length);
  const { length, stride, starts } = linesAlong(shape, axis);
  for (const start of starts) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length; i++) largest = Math.max(largest, data[start + i * stride]!);
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const exponential = exp(data[start + i * stride]! - largest);
      output[start + i * stride] = exponential;
      sum += exponential;
    }
    for (let i = 0; i < length; i++) output[start + i * stride]! /= sum;
  }
  return { shape, data: output };
}
