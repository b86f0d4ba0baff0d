/** A network with one output for two classes: what else its program may have saved than the sigmoid. */

import { scoresRelation } from '../../pipeline/check/output-relations.js';
import { assert, test } from '../support/test.js';

const LOGITS = [-2, 0.5, 1.25, 3];

function table(seconds: readonly number[]) {
  return { rows: seconds.length, columns: 2, data: Float32Array.from(seconds.flatMap((value) => [1 - value, value])) };
}

const ours = table(LOGITS.map((logit) => 1 / (1 + Math.exp(-logit))));
const relation = (seconds: readonly number[]) => scoresRelation(table(seconds), ours, ['no', 'yes']);

test('the output before its sigmoid, and a softmax over it, are named', () => {
  assert.is(relation(LOGITS), 'the one output before its sigmoid');
  assert.is(relation([1, 1, 1, 1]), 'a softmax over one output, which is always 1: take its sigmoid');
});

test('other values are neither', () => {
  assert.is(relation([-2, 0.5, 1.25, 4]), null);
});
