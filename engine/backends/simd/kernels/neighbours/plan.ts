/** Local response norms as calls. */
import { floatBits } from '../../abi/layout.js';
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
import { baseWords, rowTable, stepOf } from '../../planning/strided.js';
import { NEIGHBOURS } from './words.js';

export function neighboursWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'neighbours' || !('operands' in reads)) return [];
  return onlyWay(() => emitNeighbours(step, reads, compilation));
}

function emitNeighbours(
  { node, size, alpha, beta, k }: StepOf<'neighbours'>,
  { operands: [input], outputs: [output] }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
  const last = output!.axes.length - 1;
  const axes = output!.axes.slice(0, last).map((axis, i) => [axis, input!.axes[i]!]);
  const rows = axes.reduce((product, [axis]) => product * axis!.length, 1);
  draft.call(NEIGHBOURS, node, rows, {
    outputOffset: baseWords(output!).offset,
    inputOffset: baseWords(input!).offset,
    rowsAt: rowTable(draft, axes, 2),
    rows,
    channels: output!.axes[last]!.length,
    outputStep: stepOf(output!.axes[last]!)!,
    inputStep: stepOf(input!.axes[last]!)!,
    size,
    alpha: floatBits(alpha),
    beta: floatBits(beta),
    k: floatBits(k),
  });
  return slow('neighbours');
}
