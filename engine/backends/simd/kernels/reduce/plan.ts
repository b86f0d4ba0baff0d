/** Reductions of axes as calls. */
import { slow, weightless } from '../../planning/emission.js';
import { baseWords, entriesOf, loopOver, rowTable } from '../../planning/strided.js';
import { viewWays } from '../../planning/view-ways.js';
import { REDUCE, REDUCTIONS } from './words.js';

export const reduceWays = viewWays('reduce', (step, { operands, outputs }, { draft }) => {
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
    taps: entriesOf(taps),
    formula: REDUCTIONS.indexOf(step.function),
  });
  const name = `reduce (${step.function})`;
  return steps[1] === 4 && loop.columns > 1 ? weightless(name) : slow(name);
});
