/** Functions value by value as calls. They go through a whole buffer, whatever its view. */
import { POINTWISE_FUNCTIONS } from '../../../../../graph/index.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  slow,
  type Way,
  weightless,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { floatsOf, type Value } from '../../planning/value.js';
import { isFormula } from '../formulas/formulas.js';
import { PAIRED, POINTWISE, POINTWISE_UNIT } from './words.js';

export function pointwiseWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'pointwise' || !('values' in reads) || isFormula(step.attrs.function)) return [];
  return onlyWay(() => emitPointwise(step, reads.values[0], operands.output, compilation));
}

function emitPointwise(
  { node, attrs }: StepOf<'pointwise'>,
  input: Value,
  output: Value,
  { draft, images }: Compilation,
): Emitted {
  const { alpha, beta = 1 / 2, exponent = 1, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = attrs;
  const pairs: Readonly<Record<string, readonly [number, number]>> = { power: [exponent, 0], clamp: [min, max] };
  const [a, b] = pairs[attrs.function] ?? [alpha ?? (attrs.function === 'hardsigmoid' ? 1 / 6 : 1), beta];
  const floats = floatsOf(output, images);
  draft.call(POINTWISE, node, Math.ceil(floats / POINTWISE_UNIT), {
    inputOffset: input.buffer,
    outputOffset: output.buffer,
    floats,
    formula: POINTWISE_FUNCTIONS.indexOf(attrs.function),
    argumentsAt: draft.table(`arguments ${a} ${b}`, () => new Int32Array(Float64Array.of(a, b).buffer)),
  });
  const name = `pointwise (${attrs.function})`;
  return PAIRED.has(attrs.function) ? weightless(name) : slow(name);
}
