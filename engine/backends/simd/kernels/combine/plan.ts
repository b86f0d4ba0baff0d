/** Functions of two values as calls. */
import { slow, weightless } from '../../planning/emission.js';
import { pairLoop } from '../../planning/pair-loop.js';
import { viewWays } from '../../planning/view-ways.js';
import { COMBINATIONS, COMBINE } from './words.js';

export const combineWays = viewWays('combine', (step, { operands, outputs }, { draft }) => {
  const loop = pairLoop(draft, outputs[0]!, operands[0]!, operands[1]!);
  draft.call(COMBINE, step.node, loop.rows, { ...loop, formula: COMBINATIONS.indexOf(step.function) });
  const name = `combine (${step.function})`;
  return step.function === 'pow' || step.function === 'prelu' ? slow(name) : weightless(name);
});
