/** `functional.normalize(x, 2, axis, eps)`: `x / max(‖x‖₂, ε)`, the norm along one axis. */
import type { ModuleScope, Value } from './layer.js';
import { only, placeOf } from './misfit.js';
import type { Operation } from './operation.js';
import { linesAlong } from './positions.js';

export interface NormalizeAttrs {
  /** From 1 on, the first after the batch. */
  axis: number;
  eps: number;
}

export const operation: Operation<'normalize', NormalizeAttrs> = {
  op: 'normalize',
  outputShape(inputs, { axis }) {
    const input = only(inputs);
    placeOf(axis, input);
    return input;
  },
  reference([x], { axis, eps }) {
    const data = Float64Array.from(x!.data);
    const { length, stride, starts } = linesAlong(x!.shape, axis);
    for (const start of starts) {
      let sum = 0;
      for (let i = 0; i < length; i++) sum += data[start + i * stride]! ** 2;
      const norm = Math.max(Math.sqrt(sum), eps);
      for (let i = 0; i < length; i++) data[start + i * stride]! /= norm;
    }
    return { shape: x!.shape, data };
  },
  onnx({ name, inputs: [x], constants }, { axis, eps }) {
    const [norm, divisor] = [`${name}/norm`, `${name}/divisor`];
    return [
      { op: 'ReduceL2', inputs: [x], output: norm, attributes: { axes: [axis], keepdims: 1 } },
      { op: 'Max', inputs: [norm, constants.scalar(eps)], output: divisor },
      { op: 'Div', inputs: [x, divisor], output: name },
    ];
  },
};

/** In the `forward` of `module`, with PyTorch's ε. */
export function normalize(module: ModuleScope, x: Value, axis: number): Value {
  return module.functional('normalize', operation, { axis, eps: 1e-12 }, [x], x);
}
