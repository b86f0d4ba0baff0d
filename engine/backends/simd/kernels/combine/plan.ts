/** Functions of two values as calls. */
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  type Reads,
  slow,
  type Way,
  weightless,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { baseWords, loopOver } from '../../planning/strided.js';
import { COMBINATIONS, COMBINE } from './words.js';

export function combineWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'combine' || !('operands' in reads)) return [];
  return onlyWay(() => emitCombine(step, reads, compilation));
}

function emitCombine(
  step: StepOf<'combine'>,
  { operands, outputs }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
  const [a, b, output] = [operands[0]!, operands[1]!, outputs[0]!];
  const { steps, ...loop } = loopOver(draft, [output.axes, a.axes, b.axes]);
  const [left, right] = [baseWords(a), baseWords(b)];
  draft.call(COMBINE, step.node, loop.rows, {
    outputOffset: baseWords(output).offset,
    aOffset: left.offset,
    aAt: left.at,
    bOffset: right.offset,
    bAt: right.at,
    ...loop,
    outputStep: steps[0]!,
    aStep: steps[1]!,
    bStep: steps[2]!,
    formula: COMBINATIONS.indexOf(step.function),
  });
  const name = `combine (${step.function})`;
  return step.function === 'pow' || step.function === 'prelu' ? slow(name) : weightless(name);
}
