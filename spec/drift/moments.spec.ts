/** Moments from a centre are those of the values, however far from the centre these are. */
import { Random } from '../../base/index.js';
import { MomentsTally } from '../../drift/statistics/moments.js';
import { assert, test } from '../support/test.js';

function momentsFrom(centre: number, values: readonly number[]) {
  const tally = new MomentsTally(centre);
  for (const value of values) tally.add(value);
  const { rows, mean, variance } = tally.moments();
  return { rows, mean, variance };
}

test('values that are all 0 have a mean of 0, from any centre', () => {
  const random = new Random(1);
  for (let i = 0; i < 200; i++) {
    const centre = random.normal() / 100;
    const { mean, variance } = momentsFrom(centre, new Array<number>(1 + random.below(2_000)).fill(0));
    assert.is(Math.abs(mean!), 0, `from ${centre}`);
    assert.ok(variance === null || variance <= 1e-14 * centre ** 2);
  }
});

test('small means are kept', () => {
  const { mean, variance } = momentsFrom(0.5, [1e-9, 3e-9]);
  assert.ok(Math.abs(mean! - 2e-9) < 1e-15, String(mean));
  assert.ok(Math.abs(variance! - 2e-18) < 1e-15, String(variance));
});

test('without rows there is no mean; of one there is no variance', () => {
  assert.equal(momentsFrom(3, []), { rows: 0, mean: null, variance: null });
  assert.equal(momentsFrom(3, [4]), { rows: 1, mean: 4, variance: null });
});
