/** Copies of views as calls. */
import { callShape } from '../../abi/call.js';
import { viewWays, weightless } from '../../planning/emission.js';
import { mapLoop, picked } from '../../planning/strided.js';

/**
 * `output[row][column] = input[row][column]`. `rowsAt`: a pair of int32 byte offsets, output and input, for each row.
 * Columns are `…Step` bytes apart. The input lies at `inputAt` if that is not 0, else in the arena. A unit is a row.
 */
export const COPY = callShape('copy', 'outputOffset inputOffset inputAt rowsAt rows columns outputStep inputStep');

export const copyWays = viewWays('copy', ({ node, picks, inOrder }, { operands, outputs }, { draft }) => {
  for (const [i, operand] of operands.entries()) {
    if (inOrder && i > 0) draft.nextStep();
    const input = [...picks[i]!].reduce((from, [axis, entries]) => picked(from, axis + 1, entries), operand);
    const loop = mapLoop(draft, outputs[i]!, input);
    draft.call(COPY, node, loop.rows, loop);
  }
  return weightless('copy');
});
