/** Products of computed values as calls. */
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
import { PRODUCT } from './words.js';

export function productWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'product' || !('operands' in reads)) return [];
  return onlyWay(() => emitProduct(step, reads, compilation));
}

function emitProduct(
  step: StepOf<'product'>,
  { operands, outputs }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
  const [a, b, output] = [operands[0]!, operands[1]!, outputs[0]!];
  const outer = output.axes.length;
  const { steps, ...loop } = loopOver(draft, [output.axes, a.axes.slice(0, outer), b.axes.slice(0, outer)]);
  const terms = a.axes.slice(outer).map((axis, i) => [axis, b.axes[outer + i]!]);
  const count = terms.reduce((product, [axis]) => product * axis!.length, 1);
  const [left, right] = [baseWords(a), baseWords(b)];
  draft.call(PRODUCT, step.node, loop.rows, {
    outputOffset: baseWords(output).offset,
    aOffset: left.offset,
    aAt: left.at,
    bOffset: right.offset,
    bAt: right.at,
    ...loop,
    outputStep: steps[0]!,
    aStep: steps[1]!,
    bStep: steps[2]!,
    termsAt: rowTable(draft, terms, 2),
    terms: count,
  });
  const [, ...shape] = output.axes.map(({ length }) => length);
  return slow(
    'product',
    shape.reduce((product, size) => product * size, count),
  );
}
