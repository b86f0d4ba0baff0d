import { describePlan, type PlanOptions } from '../../engine/index.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { assert, test } from '../support/test.js';

const weights = pseudoWeights({ backbone: 'resnet50', head: [], classes: 1000 });

async function billions(precision: PlanOptions['precision']): Promise<number> {
  const { rows } = await describePlan(weights, { height: 224, width: 224, batch: 8, precision });
  return rows.reduce((sum, { macsDone }) => sum + macsDone, 0) / 1e9;
}

test('ResNet-50 at 224×224: at most 3.0 billion, all of them with exact but for F(2×2)', async () => {
  const [usual, exact] = [await billions('float32'), await billions('exact')];
  assert.ok(usual <= 3, `float32: ${usual}`);
  assert.ok(exact > 3 && exact < 4.1, `exact: ${exact}`);
});
