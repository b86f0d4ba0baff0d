/** Copies of views as calls. */
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  type Reads,
  type Way,
  weightless,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { baseWords, loopOver, picked } from '../../planning/strided.js';
import { COPY } from './words.js';

export function copyWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'copy' || !('operands' in reads)) return [];
  return onlyWay(() => emitCopies(step, reads, compilation));
}

function emitCopies(
  { node, picks, inOrder }: StepOf<'copy'>,
  { operands, outputs }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
  for (const [i, operand] of operands.entries()) {
    if (inOrder && i > 0) draft.nextStep();
    const input = [...picks[i]!].reduce((from, [axis, entries]) => picked(from, axis + 1, entries), operand);
    const output = outputs[i]!;
    const { steps, ...loop } = loopOver(draft, [output.axes, input.axes]);
    const from = baseWords(input);
    draft.call(COPY, node, loop.rows, {
      outputOffset: baseWords(output).offset,
      inputOffset: from.offset,
      inputAt: from.at,
      ...loop,
      outputStep: steps[0]!,
      inputStep: steps[1]!,
    });
  }
  return weightless('copy');
}
