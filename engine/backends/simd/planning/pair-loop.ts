/** A loop over two operands and an output: the words that calls begin with, and their values. */
import type { Draft } from './draft.js';
import { baseWords, loopOver, type Strided } from './strided.js';

/**
 * `rowsAt`: three int32 byte offsets for each row, of output, `a` and `b`. Columns are `…Step` bytes apart, 0 for what they
 * share. An operand lies at `…At` if that is not 0, else in the arena.
 */
export const PAIR_LOOP = [
  'outputOffset',
  'aOffset',
  'aAt',
  'bOffset',
  'bAt',
  'rowsAt',
  'rows',
  'columns',
  'outputStep',
  'aStep',
  'bStep',
] as const;

/** The values of `PAIR_LOOP`. The loop goes over the axes of the output, which are the first ones of the operands. */
export function pairLoop(draft: Draft, output: Strided, a: Strided, b: Strided) {
  const outer = output.axes.length;
  const { steps, ...loop } = loopOver(draft, [output.axes, a.axes.slice(0, outer), b.axes.slice(0, outer)]);
  const [left, right] = [baseWords(a), baseWords(b)];
  return {
    outputOffset: baseWords(output).offset,
    aOffset: left.offset,
    aAt: left.at,
    bOffset: right.offset,
    bAt: right.at,
    ...loop,
    outputStep: steps[0]!,
    aStep: steps[1]!,
    bStep: steps[2]!,
  };
}
