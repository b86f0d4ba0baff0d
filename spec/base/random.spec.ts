import { Random, RandomError } from '../../base/index.js';
import { splitmix64 } from '../../base/random.js';
import { assert, test } from '../support/test.js';

test('xoshiro128** gives the outputs of its reference code from state 1, 2, 3, 4', () => {
  const random = Random.fromState(1, 2, 3, 4);
  const outputs = Array.from({ length: 10 }, () => random.uint32());
  assert.equal(
    outputs,
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
});

test('splitmix64 gives the outputs of its reference code from 1234567', () => {
  const next = splitmix64(1234567n);
  const outputs = Array.from({ length: 5 }, () => next());
  assert.equal(outputs, [
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ]);
});

test('a seed always gives the same numbers, another seed and another stream give others', () => {
  const first = (random: Random) => Array.from({ length: 4 }, () => random.uint32()).join();
  assert.is(first(new Random(7)), first(new Random(7)));
  assert.is(first(Random.stream(7, 3)), first(Random.stream(7, 3)));
  const all = [new Random(7), new Random(8), new Random(7 + 2 ** 32), ...[0, 1, 2].map((i) => Random.stream(7, i))];
  assert.is(new Set([...all, Random.stream(8, 0)].map(first)).size, 7);
});

test('uniform and below are flat, within five standard errors', () => {
  const random = new Random(1);
  const draws = 70_000;
  let sum = 0;
  for (let i = 0; i < draws; i++) {
    const u = random.uniform();
    assert.ok(u >= 0 && u < 1);
    sum += u;
  }
  assert.ok(Math.abs(sum / draws - 0.5) < 5 * Math.sqrt(1 / 12 / draws));
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < draws; i++) counts[random.below(7)]!++;
  for (const count of counts) assert.ok(Math.abs(count - draws / 7) < 5 * Math.sqrt(draws * (1 / 7) * (6 / 7)));
});

test('below rejects, so that a bound that does not divide 2^32 has no bias', () => {
  // Without rejection a third of the numbers of 0 … 3·2^30 - 1 would come twice as often.
  const random = new Random(2);
  const bound = 3 * 2 ** 30;
  let low = 0;
  for (let i = 0; i < 30_000; i++) if (random.below(bound) < 2 ** 30) low++;
  assert.ok(Math.abs(low - 10_000) < 5 * Math.sqrt(30_000 * (1 / 3) * (2 / 3)), `${low} of 30,000 in the first third`);
  assert.throws(() => random.below(0), RangeError);
});

test('normal has mean 0, variance 1 and kurtosis 3', () => {
  const random = new Random(3);
  const values = Array.from({ length: 100_000 }, () => random.normal());
  const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
  assert.ok(Math.abs(moment(1)) < 0.02);
  assert.ok(Math.abs(moment(2) - 1) < 0.03);
  assert.ok(Math.abs(moment(4) - 3) < 0.2);
});

test('shuffle keeps every item, and every order is equally likely', () => {
  const random = new Random(4);
  const orders = new Map<string, number>();
  for (let i = 0; i < 12_000; i++) {
    const order = random.shuffle(['a', 'b', 'c']).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assert.is(orders.size, 6);
  for (const count of orders.values()) assert.ok(Math.abs(count - 2000) < 5 * Math.sqrt(12_000 * (1 / 6) * (5 / 6)));
});

test('sample draws different numbers', () => {
  const random = new Random(5);
  assert.equal(
    [...random.sample(100, 100)].sort((a, b) => a - b),
    [...Array(100).keys()],
  );
  assert.is(new Set(random.sample(1000, 50)).size, 50);
  assert.throws(() => random.sample(3, 4), RangeError);
});

test('a seed that is not a whole number is refused', () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(
      () => new Random(seed),
      (error: unknown) => error instanceof RandomError && error.code === 'SEED_NOT_AN_INTEGER',
    );
  }
});
