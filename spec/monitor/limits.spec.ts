import { Random } from '../../base/index.js';
import { chiSquareQuantile } from '../../drift/index.js';
import { Limits, legendre, SETTLED_VARIANCE, WEIGHT } from '../../monitor/limits.js';
import { assert, test } from '../support/test.js';

test('the first limit is a chi-square quantile, and later ones rise until they are settled', () => {
  const limits = new Limits(10, 1 / 365);
  const first = (WEIGHT ** 2 / SETTLED_VARIANCE) * chiSquareQuantile(Math.exp(-1 / 365), 10);
  assert.ok(Math.abs(limits.at(1) - first) < 1e-3, `${limits.at(1)}, not ${first}`);
  for (let step = 2; step <= 30; step++) assert.ok(limits.at(step) > limits.at(step - 1), `${step}`);
  assert.is(limits.at(1_000), limits.at(10_000));
});

test('so many quiet streams alarm within any number of steps as the rate says', () => {
  const [size, rate, runs] = [3, 1 / 50, 4_000];
  const limits = new Limits(size, rate);
  const random = new Random(1);
  const alarms = { 5: 0, 50: 0, 100: 0 };
  for (let run = 0; run < runs; run++) {
    const at = firstAbove(limits, size, random, 100);
    for (const steps of [5, 50, 100] as const) if (at <= steps) alarms[steps]++;
  }
  for (const steps of [5, 50, 100] as const) {
    const promised = -Math.expm1(-steps * rate);
    const error = Math.sqrt((promised * (1 - promised)) / runs);
    assert.ok(
      Math.abs(alarms[steps] / runs - promised) < 3 * error,
      `${steps}: ${alarms[steps] / runs}, not ${promised}`,
    );
  }
});

function firstAbove(limits: Limits, size: number, random: Random, steps: number): number {
  const mean = new Float64Array(size);
  for (let step = 1; step <= steps; step++) {
    let square = 0;
    for (let i = 0; i < size; i++) {
      mean[i] = (1 - WEIGHT) * mean[i]! + WEIGHT * random.normal();
      square += mean[i]! ** 2;
    }
    if (square / SETTLED_VARIANCE > limits.at(step)) return step;
  }
  return Number.POSITIVE_INFINITY;
}

test('a rule of another number of nodes is another rule', () => {
  for (const count of [28, 4, 28]) {
    const rule = legendre(count);
    assert.is(rule.length, count);
    assert.ok(Math.abs(rule.reduce((sum, { weight }) => sum + weight, 0) - 2) < 1e-12);
  }
});
