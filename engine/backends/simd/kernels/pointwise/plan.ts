/** Functions value by value as calls. They go through a whole buffer, whatever its view. */
import { POINTWISE, POINTWISE_FUNCTIONS, type PointwiseAttrs } from '../../../../../graph/index.js';
import { callShape } from '../../abi.js';
import { floatsOf, type Value } from '../../planning/draft.js';
import type { StepOf } from '../../planning/step.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  slow,
  type Way,
  weightless,
} from '../../planning/step.js';
import { tableOf } from '../../printing/eight-floats.js';
import { float32 } from './float32.js';
import { argumentsOf, isPaired } from './float64.js';

/**
 * `output[i] = f(input[i])` for `floats` floats, a multiple of 16. `formula`: a number of `POINTWISE_FUNCTIONS`.
 * `numbersAt`: for a function in float32 the table of its numbers, each eight times; otherwise its arguments, in
 * float64. A unit is `FUNCTION_UNIT` floats.
 */
export const FUNCTION = callShape('pointwise', 'inputOffset outputOffset floats formula numbersAt');

/** Floats of a unit of `pointwise`. */
export const FUNCTION_UNIT = 1024;

export function pointwiseWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'pointwise' || !('values' in reads)) return [];
  return onlyWay(() => emitFunction(step, reads.values[0], operands.output, compilation));
}

function emitFunction(
  { node, attrs }: StepOf<'pointwise'>,
  input: Value,
  output: Value,
  { draft, images }: Compilation,
): Emitted {
  const floats = floatsOf(output, images);
  const numbers = numbersOf(attrs);
  draft.call(FUNCTION, node, Math.ceil(floats / FUNCTION_UNIT), {
    inputOffset: input.buffer,
    outputOffset: output.buffer,
    floats,
    formula: POINTWISE_FUNCTIONS.indexOf(attrs.function),
    numbersAt: draft.table(`numbers ${numbers.join(' ')}`, () => numbers),
  });
  if (POINTWISE[attrs.function].inFloat32) return weightless(`formula (${attrs.function})`);
  const name = `pointwise (${attrs.function})`;
  return isPaired(attrs.function) ? weightless(name) : slow(name);
}

/** Those that a function needs beside its values. */
export function numbersOf(attrs: PointwiseAttrs): Int32Array {
  const { defaults, inFloat32 } = POINTWISE[attrs.function];
  const given = { ...defaults, ...attrs };
  // They are the same with both arithmetics.
  if (inFloat32) return tableOf(float32(attrs.function, 'plain').entries, given);
  const values = argumentsOf(attrs.function).map((name) => given[name]!);
  return new Int32Array(Float64Array.from(values.length === 0 ? [0] : values).buffer);
}
