/** `functional.normalize(x, 2, axis, eps)`: `x / max(‖x‖₂, ε)`, the norm along one axis. */
import type { ModuleScope, Value } from './layer.js';
import { OnnxParts } from './onnx-form.js';
import { linesAlong, type Operation, only, placeOf } from './operation.js';

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
  onnx(place, { axis, eps }) {
    const [x] = place.inputs;
    const parts = new OnnxParts(place);
    const norm = parts.add('norm', 'ReduceL2', [x], { axes: [axis], keepdims: 1 });
    return parts.end('Div', [x, parts.add('divisor', 'Max', [norm, place.constants.scalar(eps)])]);
  },
};

/** In the `forward` of `module`, with PyTorch's ε. */
export function normalize(module: ModuleScope, x: Value, axis: number): Value {
  return module.functional('normalize', operation, { axis, eps: 1e-12 }, [x], x);
}
