/** Copies of views as calls. */
import { weightless } from '../../planning/emission.js';
import { baseWords, loopOver, picked } from '../../planning/strided.js';
import { viewWays } from '../../planning/view-ways.js';

/**
 * `output[row][column] = input[row][column]`. `rowsAt`: a pair of int32 byte offsets, output and input, for each row.
 * Columns are `…Step` bytes apart. The input lies at `inputAt` if that is not 0, else in the arena. A unit is a row.
 */
export const COPY = {
  name: 'copy',
  words: ['outputOffset', 'inputOffset', 'inputAt', 'rowsAt', 'rows', 'columns', 'outputStep', 'inputStep'],
} as const;

export const copyWays = viewWays('copy', ({ node, picks, inOrder }, { operands, outputs }, { draft }) => {
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
});
