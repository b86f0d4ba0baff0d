/** Functions of two values as calls. */
import { callShape } from '../../abi/call.js';
import { slow, viewWays, weightless } from '../../planning/emission.js';
import type { Combination } from '../../planning/step.js';
import { PAIR_LOOP, pairLoop } from '../../planning/strided.js';

/** `output = f(a, b)` in a pair loop. `formula`: a number of `COMBINATIONS`. A unit is a row. */
export const COMBINE = callShape('combine', PAIR_LOOP, 'formula');

/** Each function by its number. `prelu` is `a`, or `a·b` below 0. */
export const COMBINATIONS: Combination[] = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'pow', 'prelu'];

/** `ADD: 0`, …. */
export const COMBINATION_NUMBERS = Object.fromEntries(COMBINATIONS.map((name, i) => [name.toUpperCase(), i]));

export const combineWays = viewWays('combine', (step, { operands, outputs }, { draft }) => {
  const loop = pairLoop(draft, outputs[0]!, operands[0]!, operands[1]!);
  draft.call(COMBINE, step.node, loop.rows, { ...loop, formula: COMBINATIONS.indexOf(step.function) });
  const name = `combine (${step.function})`;
  return step.function === 'pow' || step.function === 'prelu' ? slow(name) : weightless(name);
});
