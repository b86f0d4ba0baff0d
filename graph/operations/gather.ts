/** `torch.index_select(x, axis, indices)`: the entries of one axis with these numbers, in this order. */
import type { ModuleScope, Value } from './layer.js';
import type { OnnxConstants, OnnxNode } from './onnx-form.js';
import { Misfit, type Operation, only, placeOf, sizeOf, type Values } from './operation.js';

export interface GatherAttrs {
  /** From 1 on, the first after the batch. */
  axis: number;
  /** Not negative. */
  indices: readonly number[];
}

export const operation: Operation<'gather', GatherAttrs> = {
  op: 'gather',
  outputShape(inputs, { axis, indices }) {
    const input = only(inputs);
    const place = placeOf(axis, input);
    const size = input[place]!;
    const beyond = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= size);
    if (beyond !== undefined) throw new Misfit(`it takes number ${beyond} of ${size}`);
    return input.with(place, indices.length);
  },
  reference: ([x], { axis, indices }) => taken(x!, axis, indices),
  onnx: ({ name, inputs: [x], constants }, attrs) => [gatherNode(name, x, attrs, constants)],
};

/** @param axis of the values with their batch */
export function taken({ shape, data }: Values, axis: number, indices: readonly number[]): Values {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const output = new Float64Array(outer * indices.length * inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      const from = (o * shape[axis]! + index) * inner;
      output.set(data.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return { shape: shape.with(axis, indices.length), data: output };
}

/** `x.index_select(axis, indices)` in the `forward` of `module`. */
export function gather(module: ModuleScope, x: Value, axis: number, indices: readonly number[]): Value {
  return module.functional('gather', operation, { axis, indices }, [x], { spatial: null });
}

/** @param indices one number: the axis is dropped */
export function gatherNode(
  output: string,
  input: string,
  { axis, indices }: { axis: number; indices: number | readonly number[] },
  constants: OnnxConstants,
): OnnxNode {
  const numbers = typeof indices === 'number' ? constants.integer(indices) : constants.vector(indices);
  return { op: 'Gather', inputs: [input, numbers], output, attributes: { axis } };
}
