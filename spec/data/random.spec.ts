import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SeededRandom } from '../../data/index.js';

/** From spec/fixtures/data/make_random.py. */
const recorded: [seed: number, stream: number, first: number[]][] = [
  [0, 0, [3737715805, 2584255861, 2876756834, 3286328325, 1553311962]],
  [1, 0, [3857403066, 3761880522, 2833589495, 1190737128, 4014693229]],
  [0, 1, [1695105466, 1423115009, 634581793, 1068227753, 716759206]],
  [4294967295, 12345, [1743506681, 3559141185, 747705773, 1057856977, 1457309200]],
];

test('equals the authors’ xoshiro128** filled by splitmix64', () => {
  for (const [seed, stream, first] of recorded) {
    const random = new SeededRandom(seed, stream);
    assert.equal(
      first.map(() => random.uint32()),
      first,
    );
  }
});

test('uniform numbers are in [0, 1), with mean 1/2 and variance 1/12', () => {
  const random = new SeededRandom(7);
  const values = Array.from({ length: 100_000 }, () => random.uniform());
  assert.ok(values.every((value) => value >= 0 && value < 1));
  const { mean, variance } = moments(values);
  assert.ok(Math.abs(mean - 0.5) < 0.004 && Math.abs(variance - 1 / 12) < 0.001, `${mean} ${variance}`);
});

test('normal numbers have mean 0, variance 1, and 5 % beyond 1.96', () => {
  const random = new SeededRandom(8);
  const values = Array.from({ length: 100_000 }, () => random.normal());
  const { mean, variance } = moments(values);
  const beyond = values.filter((value) => Math.abs(value) > 1.959964).length / values.length;
  assert.ok(Math.abs(mean) < 0.013 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
  assert.ok(Math.abs(beyond - 0.05) < 0.003, `${beyond}`);
});

test('below is uniform over its range', () => {
  const random = new SeededRandom(9);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[random.below(7)]!++;
  assert.ok(
    counts.every((count) => Math.abs(count - 10_000) < 400),
    counts.join(),
  );
});

test('a seed is a 32-bit integer', () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) assert.throws(() => new SeededRandom(seed), /no integer from 0/);
});

function moments(values: number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

test.run();
