import { Random } from '../../base/index.js';
import { areaUnderCurve, areaVariance } from '../../drift/statistics/ranks.js';
import { classifierTest } from '../../drift/tests/domain-classifier.js';
import { assert, longTest, test } from '../support/test.js';
import { agrees, alarms, degenerate, isSound, normalRows, rowReference } from './row-reference.js';

const options = { draws: 99, maxDraws: 99, seed: 1, stream: 1 };

test("scikit-learn's roc_auc_score, ties included", () => {
  for (const { negatives, positives, auc } of rowReference.curves) {
    agrees(areaUnderCurve(Float64Array.from(negatives), Float64Array.from(positives)), auc, 1e-12, 'AUC');
  }
  assert.is(areaUnderCurve(Float64Array.of(1, 1), Float64Array.of(1)), 0.5);
  assert.is(areaUnderCurve(Float64Array.of(2), Float64Array.of(1)), 0);
});

test('the variance of an area falls to 0 at its ends and is (m + n + 1) / 12 m n at a half', () => {
  agrees(areaVariance(0.5, 20, 30), 51 / (12 * 20 * 30), 1e-12, 'at a half');
  assert.is(areaVariance(1, 20, 30), 0);
  assert.is(areaVariance(0, 20, 30), 0);
});

test('samples far apart are told apart, and a change of spread too', () => {
  const random = new Random(1);
  const reference = normalRows(100, 3, random);
  const far = classifierTest(reference, normalRows(50, 3, random, { shift: 9 }), options);
  assert.is(far.value, 1);
  assert.is(far.p, 0.01);
  const wide = classifierTest(reference, normalRows(100, 3, random, { scale: 3 }), options);
  assert.ok(wide.value > 0.8, `${wide.value}`);
  assert.equal(classifierTest(reference, normalRows(40, 3, new Random(2)), options).draws, 99);
});

test('the same seed gives the same result', () => {
  const [a, b] = [normalRows(60, 3, new Random(1)), normalRows(40, 3, new Random(2))];
  assert.equal(classifierTest(a, b, options), classifierTest(a, b, options));
});

test('few or degenerate rows give sound numbers', () => {
  for (const [what, [a, b]] of Object.entries(degenerate)) isSound(classifierTest(a, b, options), what);
  const constant = classifierTest(...degenerate['constant rows']!, options);
  assert.is(constant.value, 0.5);
  assert.is(constant.p, 1);
});

longTest('it alarms at its level without drift, and sees shifts and changes of spread', () => {
  const run = (change = {}, trials = 60) =>
    alarms(trials, (a, b, seed) => classifierTest(a, b, { ...options, seed }), change);
  const level = run({}, 300);
  assert.ok(level >= 0.02 && level <= 0.09, `level ${level}`);
  assert.ok(run({ shift: 0.8 }) > 0.9);
  assert.ok(run({ scale: 1.8 }) > 0.9);
});
