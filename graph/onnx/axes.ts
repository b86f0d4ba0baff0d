/** Operations that move and take entries along axes, in ONNX. Attributes are constants there, inputs of the operator. */

import type { Shape } from '../operations/operation.js';
import type { PadAttrs, PadMode } from '../operations/pad.js';
import type { ReduceAttrs, Reduction } from '../operations/reduce.js';
import type { SliceAttrs } from '../operations/slice.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

/** ONNX's way to say "to the end": a slice ends where the axis does. */
const TO_THE_END = 2 ** 31 - 1;

/** 0: the batch as it is. */
export function reshape(output: string, input: string, shape: Shape, constants: Constants): OnnxNode {
  return { op: 'Reshape', inputs: [input, constants.vector([0, ...shape])], output };
}

/** onnxruntime merges a transposition of features that moves nothing with the products before it, wrongly. */
export function permute(output: string, input: string, axes: readonly number[]): OnnxNode {
  if (axes.every((axis, i) => axis === i + 1)) return { op: 'Identity', inputs: [input], output };
  return { op: 'Transpose', inputs: [input], output, attributes: { perm: [0, ...axes] } };
}

export function expand(output: string, input: string, shape: Shape, constants: Constants): OnnxNode {
  return { op: 'Expand', inputs: [input, constants.vector([1, ...shape])], output };
}

export function slice(
  output: string,
  input: string,
  { axis, start, end, step }: SliceAttrs,
  constants: Constants,
): OnnxNode {
  const numbers = [[start], [end ?? TO_THE_END], [axis], [step]].map((values) => constants.vector(values));
  return { op: 'Slice', inputs: [input, ...numbers], output };
}

/** @param indices one number: the axis is dropped */
export function gather(
  output: string,
  input: string,
  { axis, indices }: { axis: number; indices: number | readonly number[] },
  constants: Constants,
): OnnxNode {
  const numbers = typeof indices === 'number' ? constants.integer(indices) : constants.vector(indices);
  return { op: 'Gather', inputs: [input, numbers], output, attributes: { axis } };
}

const PAD_MODES: Readonly<Record<PadMode, string>> = { constant: 'constant', reflect: 'reflect', replicate: 'edge' };

export function pad(output: string, input: string, { padding, mode, value }: PadAttrs, constants: Constants): OnnxNode {
  const pads = constants.vector([0, ...padding.map(([before]) => before), 0, ...padding.map(([, after]) => after)]);
  const inputs = [input, pads, ...(mode === 'constant' ? [constants.scalar(value)] : [])];
  return { op: 'Pad', inputs, output, attributes: { mode: { string: PAD_MODES[mode] } } };
}

const REDUCTIONS: Readonly<Record<Reduction, string>> = {
  mean: 'ReduceMean',
  sum: 'ReduceSum',
  max: 'ReduceMax',
  min: 'ReduceMin',
  prod: 'ReduceProd',
  l1: 'ReduceL1',
  l2: 'ReduceL2',
};

/** In opset 17, only the sum gets its axes as an input. */
export function reduce(
  output: string,
  input: string,
  { function: name, axes, keepDims }: ReduceAttrs,
  constants: Constants,
): OnnxNode {
  const keepdims = keepDims ? 1 : 0;
  if (name === 'sum') {
    return { op: 'ReduceSum', inputs: [input, constants.vector(axes)], output, attributes: { keepdims } };
  }
  return { op: REDUCTIONS[name], inputs: [input], output, attributes: { axes, keepdims } };
}
