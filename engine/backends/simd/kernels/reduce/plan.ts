/** Reductions of axes as calls. */
import type { Reduction } from '../../../../../graph/index.js';
import { callShape } from '../../abi/call.js';
import { slow, viewWays, weightless } from '../../planning/emission.js';
import { entriesOf, mapLoop, rowTable } from '../../planning/strided.js';

/**
 * `output[row][column] = f over taps of input[row][column + tap]`. `rowsAt`: a pair of int32 byte offsets, output and
 * input, for each row. Columns are `…Step` bytes apart. `tapsAt`: an int32 byte offset for each of at least one tap.
 * `formula`: a number of `REDUCTIONS`. A unit is a row.
 */
export const REDUCE = callShape(
  'reduce',
  'outputOffset inputOffset rowsAt rows columns outputStep inputStep tapsAt taps formula',
);

/** Each function by its number. */
export const REDUCTIONS = ['mean', 'sum', 'max', 'min', 'prod', 'l1', 'l2'] as const satisfies readonly Reduction[];

/** `MEAN: 0`, …. */
export const REDUCTION_NUMBERS = Object.fromEntries(REDUCTIONS.map((name, i) => [name.toUpperCase(), i]));

export const reduceWays = viewWays('reduce', (step, { operands, outputs }, { draft }) => {
  const [input, output] = [operands[0]!, outputs[0]!];
  const loop = mapLoop(draft, output, input);
  const taps = input.axes.slice(output.axes.length).map((axis) => [axis]);
  draft.call(REDUCE, step.node, loop.rows, {
    ...loop,
    tapsAt: rowTable(draft, taps, 1),
    taps: entriesOf(taps),
    formula: REDUCTIONS.indexOf(step.function),
  });
  const name = `reduce (${step.function})`;
  return loop.inputStep === 4 && loop.columns > 1 ? weightless(name) : slow(name);
});
