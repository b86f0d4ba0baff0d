/** Products of computed values as calls. */
import { slow } from '../../planning/emission.js';
import { PAIR_LOOP, pairLoop } from '../../planning/pair-loop.js';
import { entriesOf, rowTable } from '../../planning/strided.js';
import { viewWays } from '../../planning/view-ways.js';

/**
 * `output[row][column] = Σ over terms of a[row + term][column]·b[row + term][column]`, in a pair loop. `termsAt`: two int32 byte
 * offsets for each term, of `a` and `b`. A unit is a row.
 */
export const PRODUCT = { name: 'product', words: [...PAIR_LOOP, 'termsAt', 'terms'] } as const;

export const productWays = viewWays('product', ({ node }, { operands, outputs }, { draft }) => {
  const [a, b, output] = [operands[0]!, operands[1]!, outputs[0]!];
  const outer = output.axes.length;
  const terms = a.axes.slice(outer).map((axis, i) => [axis, b.axes[outer + i]!]);
  const count = entriesOf(terms);
  const loop = pairLoop(draft, output, a, b);
  draft.call(PRODUCT, node, loop.rows, { ...loop, termsAt: rowTable(draft, terms, 2), terms: count });
  const [, ...shape] = output.axes.map(({ length }) => length);
  return slow(
    'product',
    shape.reduce((product, size) => product * size, count),
  );
});
