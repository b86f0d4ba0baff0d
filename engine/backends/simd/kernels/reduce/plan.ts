/** Reductions of axes as calls. */
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  type Reads,
  slow,
  type Way,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { baseWords, loopOver, rowTable } from '../../planning/strided.js';
import { REDUCE, REDUCTIONS } from './words.js';

export function reduceWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'reduce' || !('operands' in reads)) return [];
  return onlyWay(() => emitReduce(step, reads, compilation));
}

function emitReduce(
  step: StepOf<'reduce'>,
  { operands, outputs }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
  const [input, output] = [operands[0]!, outputs[0]!];
  const kept = input.axes.length - step.reduced;
  const { steps, ...loop } = loopOver(draft, [output.axes, input.axes.slice(0, kept)]);
  const taps = input.axes.slice(kept).map((axis) => [axis]);
  draft.call(REDUCE, step.node, loop.rows, {
    outputOffset: baseWords(output).offset,
    inputOffset: baseWords(input).offset,
    ...loop,
    outputStep: steps[0]!,
    inputStep: steps[1]!,
    tapsAt: rowTable(draft, taps, 1),
    taps: taps.reduce((product, [axis]) => product * axis!.length, 1),
    formula: REDUCTIONS.indexOf(step.function),
  });
  return slow(`reduce (${step.function})`);
}
