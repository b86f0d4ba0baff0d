/** `x.permute(0, …)`: the axes in another order. The batch stays the first. */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { operator } from './onnx-form.js';
import { Misfit, type Operation, only, type Shape, sizeOf, stridesOf, type Values } from './operation.js';

export interface PermuteAttrs {
  /** The axis of the input for each axis of the output, from 1 on, the first after the batch: `[2, 1]` of tokens. */
  axes: readonly number[];
}

export const operation: Operation<'permute', PermuteAttrs> = {
  op: 'permute',
  outputShape(inputs, { axes }) {
    const input = only(inputs);
    const each = axes.toSorted((a, b) => a - b);
    if (axes.length !== input.length || each.some((axis, i) => axis !== i + 1)) {
      throw new Misfit(`it gets [${input.join(', ')}], the axes ${axes.join(', ')} are not 1 to ${input.length}`);
    }
    return axes.map((axis) => input[axis - 1]!);
  },
  reference: ([x], { axes }) => permuted(x!, [0, ...axes]),
  // onnxruntime merges a transposition of features that moves nothing with the products before it, wrongly.
  onnx(place, { axes }) {
    if (axes.every((axis, i) => axis === i + 1)) return operator(place, 'Identity');
    return operator(place, 'Transpose', { perm: [0, ...axes] });
  },
};

/** @param axes with the batch, which is 0 */
export function permuted({ shape, data }: Values, axes: readonly number[]): Values {
  const result: Shape = axes.map((axis) => shape[axis]!);
  const strides = stridesOf(shape);
  const steps = axes.map((axis) => strides[axis]!);
  const output = new Float64Array(sizeOf(result));
  const index = new Array<number>(result.length).fill(0);
  let from = 0;
  for (let to = 0; to < output.length; to++) {
    output[to] = data[from]!;
    for (let axis = result.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < result[axis]!) break;
      from -= steps[axis]! * result[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: result, data: output };
}

/** In the `forward` of `module`. @param value channels and size after it, if they are not what they were */
export function permute(module: ModuleScope, x: Value, axes: readonly number[], value: ValueShape = {}): Value {
  return module.functional('permute', operation, { axes }, [x], value);
}
