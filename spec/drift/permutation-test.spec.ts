import { Random } from '../../base/index.js';
import { valueAt } from '../../drift/statistics/ranks.js';
import { permutationTest } from '../../drift/tests/permutation-test.js';
import { driftSettings } from '../../drift/verdicts/drift-options.js';
import { assert, test } from '../support/test.js';

const OPTIONS = { draws: 99, maxDraws: 9_999 };

/** The test of a value that `share` of the values without drift reach. */
function drawn(share: number) {
  const random = Random.stream(1, 1);
  return permutationTest(1 - share, () => random.uniform(), OPTIONS).draws;
}

test('more is drawn, four times as many each time, until ten draws reach the value', () => {
  assert.is(drawn(0.5), 99);
  assert.is(drawn(0.06), 396);
  assert.is(drawn(0.015), 1_584);
  assert.is(drawn(0), 9_999);
});

test('without drift p is at most α as often as α says, or less', () => {
  const random = Random.stream(2, 1);
  const ps = Array.from({ length: 4_000 }, () => permutationTest(random.uniform(), () => random.uniform(), OPTIONS).p);
  for (const alpha of [0.2, 0.1, 0.05, 0.02, 0.005]) {
    const share = ps.filter((p) => p <= alpha).length / ps.length;
    const threeDeviations = 3 * Math.sqrt((alpha * (1 - alpha)) / ps.length);
    assert.ok(share <= alpha + threeDeviations, `${share} at α = ${alpha}`);
    assert.ok(share > 0.6 * alpha, `${share} at α = ${alpha}`);
  }
});

test('who asks only whether p is below a level gets the same answer from fewer draws', () => {
  let [all, fewer] = [0, 0];
  for (let seed = 0; seed < 500; seed++) {
    const observed = 1 - new Random(seed).uniform() ** 2;
    const answers = [undefined, 0.05].map((decideAt) => {
      const random = Random.stream(seed, 1);
      return permutationTest(observed, () => random.uniform(), { draws: 199, maxDraws: 799, decideAt });
    });
    const [whole, decided] = answers;
    assert.is(decided!.p <= 0.05, whole!.p <= 0.05, `${observed}`);
    if (whole!.p <= 0.05) assert.equal(decided, whole);
    all += whole!.draws;
    fewer += decided!.draws;
  }
  assert.ok(fewer < 0.85 * all, `${fewer} of ${all}`);
});

test('thousands of windows are drawn for less often, unless they may be significant', () => {
  assert.is(driftSettings({}, 1_000).context.draws, 2_000);
  const { draws, maxDraws } = driftSettings({ adjust: 'bh' }, 1_001).context;
  assert.is(draws, 499);
  assert.ok(maxDraws > 40_000);
  assert.is(driftSettings({}, 1_001).context.maxDraws, 499, 'nothing is adjusted for the other windows');
});

test('the value at each place is that of the sorted values', () => {
  const random = new Random(1);
  const lists: Record<string, (i: number) => number> = {
    different: () => random.normal(),
    'few values': () => random.below(3),
    ascending: (i) => i,
    descending: (i) => -i,
    equal: () => 7,
    'up and down': (i) => Math.abs(i - 20),
  };
  for (const [name, make] of Object.entries(lists)) {
    for (const count of [1, 2, 3, 41]) {
      const values = Float64Array.from({ length: count }, (_, i) => make(i));
      const sorted = values.slice().sort();
      for (let place = 0; place < count; place++) {
        const reordered = values.slice();
        assert.is(valueAt(reordered, place), sorted[place], `${name}, ${count} values, place ${place}`);
        assert.equal(reordered.sort(), sorted, `${name}, ${count} values: none is lost`);
      }
    }
  }
});

test('places of one list may be asked for one after the other', () => {
  const random = new Random(2);
  const values = Float64Array.from({ length: 1_000 }, () => random.normal());
  const sorted = values.slice().sort();
  for (const place of [500, 0, 999, 250, 501]) assert.is(valueAt(values, place), sorted[place]);
});
