/** Products of computed values as calls. */
import { callShape } from '../../abi/call.js';
import { slow, viewWays } from '../../planning/emission.js';
import { entriesOf, PAIR_LOOP, pairLoop, rowTable } from '../../planning/strided.js';

/** `output = Σ over terms of a·b` in a pair loop. `termsAt`: int32 offsets of `a` and `b` for each. A unit is a row. */
export const PRODUCT = callShape('product', PAIR_LOOP, 'termsAt terms');

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
