/** `x[:, start:end:step]` along one axis, and `x.select(axis, index)`, without it. A split is a slice a part. */

import { gatherNode, taken } from './gather.js';
import type { ModuleScope, Value, ValueShape } from './layer.js';
import type { OnnxConstants, OnnxNode } from './onnx-form.js';
import { Misfit, type Operation, only, placeOf } from './operation.js';

export interface SliceAttrs {
  /** From 1 on, the first after the batch. */
  axis: number;
  /** As in Python: counted from the end if negative, and cut to the axis. */
  start: number;
  /** The first that is left out; null: to the end. */
  end: number | null;
  /** At least 1. */
  step: number;
}

export interface SelectAttrs {
  /** From 1 on, the first after the batch. */
  axis: number;
  /** Counted from the end if negative. */
  index: number;
}

export const slicing: Operation<'slice', SliceAttrs> = {
  op: 'slice',
  outputShape(inputs, attrs) {
    const input = only(inputs);
    const place = placeOf(attrs.axis, input);
    const { length } = slicedRange(input[place]!, attrs);
    if (attrs.step < 1 || length < 1) {
      const { start, end, step } = attrs;
      throw new Misfit(`nothing is left of ${input[place]} from ${start} to ${end ?? 'the end'} by steps of ${step}`);
    }
    return input.with(place, length);
  },
  reference([x], attrs) {
    const { start, length } = slicedRange(x!.shape[attrs.axis]!, attrs);
    return taken(
      x!,
      attrs.axis,
      Array.from({ length }, (_, i) => start + i * attrs.step),
    );
  },
  onnx: ({ name, inputs: [x], constants }, attrs) => [sliceNode(name, x, attrs, constants)],
};

export const selecting: Operation<'select', SelectAttrs> = {
  op: 'select',
  outputShape(inputs, { axis, index }) {
    const input = only(inputs);
    const place = placeOf(axis, input);
    const size = input[place]!;
    if (index < -size || index >= size) throw new Misfit(`it takes number ${index} of ${size}`);
    return input.toSpliced(place, 1);
  },
  reference([x], { axis, index }) {
    const { shape, data } = taken(x!, axis, [index < 0 ? index + x!.shape[axis]! : index]);
    return { shape: shape.toSpliced(axis, 1), data };
  },
  onnx: ({ name, inputs: [x], constants }, { axis, index }) => [
    gatherNode(name, x, { axis, indices: index }, constants),
  ],
};

/** Where a slice of an axis begins, and how many it takes: below 1 if none. */
export function slicedRange(
  size: number,
  { start, end, step }: Omit<SliceAttrs, 'axis'>,
): { start: number; length: number } {
  const cut = (position: number) => Math.min(Math.max(position < 0 ? position + size : position, 0), size);
  const from = cut(start);
  const to = end === null ? size : cut(end);
  return { start: from, length: Math.ceil((to - from) / step) };
}

/** `x[…, start:end]` in the `forward` of `module`. @param value channels and size after it, if they change */
export function slice(
  module: ModuleScope,
  x: Value,
  attrs: Pick<SliceAttrs, 'axis' | 'start' | 'end'> & { step?: number },
  value: ValueShape = {},
): Value {
  return module.functional('slice', slicing, { step: 1, ...attrs }, [x], value);
}

/** `x[:, index]` of tokens, in the `forward` of `module`: their features. */
export function selectToken(module: ModuleScope, x: Value, index: number): Value {
  return module.functional('select', selecting, { axis: 1, index }, [x], { spatial: [1, 1] });
}

/** ONNX's way to say "to the end": a slice ends where the axis does. */
const TO_THE_END = 2 ** 31 - 1;

export function sliceNode(
  output: string,
  input: string,
  { axis, start, end, step }: SliceAttrs,
  constants: OnnxConstants,
): OnnxNode {
  const numbers = [[start], [end ?? TO_THE_END], [axis], [step]].map((values) => constants.vector(values));
  return { op: 'Slice', inputs: [input, ...numbers], output };
}
