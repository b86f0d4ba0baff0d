import { Random } from '../../base/index.js';
import { holm } from '../../drift/statistics/adjusted-p-values.js';
import { frechetDistance, frechetTest, gaussianOf } from '../../drift/tests/frechet-distance.js';
import { assert, longTest, test } from '../support/test.js';
import { agrees, alarms, degenerate, isSound, normalRows, rowReference } from './row-reference.js';
import { matrixOf } from './support.js';

const options = { draws: 99, maxDraws: 99, seed: 1, stream: 1 };

test("scipy's matrix square root", () => {
  for (const [i, { x, y, frechet }] of rowReference.samples.entries()) {
    const [a, b] = [matrixOf(x), matrixOf(y)];
    agrees(frechetDistance(gaussianOf(a), gaussianOf(b)), frechet, 1e-9, `sample ${i}`);
    agrees(frechetDistance(gaussianOf(b), gaussianOf(a)), frechet, 1e-9, `sample ${i}, turned round`);
    agrees(frechetTest(a, b, options).value, frechet, 1e-9, `sample ${i}, tested`);
  }
});

test('closed forms: in one dimension (μ₁ - μ₂)² + (σ₁ - σ₂)²; of commuting covariances the same by axis', () => {
  const gaussian = (mean: number[], variances: number[]) => ({
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(variances.flatMap((v, i) => variances.map((_, j) => (i === j ? v : 0)))),
  });
  agrees(frechetDistance(gaussian([1], [4]), gaussian([4], [9])), 9 + 1, 1e-12, 'one dimension');
  agrees(frechetDistance(gaussian([0, 0], [1, 16]), gaussian([0, 2], [9, 0])), 4 + 4 + 16, 1e-12, 'singular');
  assert.is(frechetDistance(gaussian([5, 5], [0, 0]), gaussian([5, 5], [0, 0])), 0);
});

test('a mean far from 0 costs no digits of the covariance', () => {
  const near = gaussianOf(matrixOf([[1], [2], [4]]));
  const far = gaussianOf(matrixOf([[1e9 + 1], [1e9 + 2], [1e9 + 4]]));
  assert.equal(far.covariance, near.covariance);
  assert.is(far.mean[0], 1e9 + 7 / 3);
});

test('the same seed gives the same result', () => {
  const [a, b] = [normalRows(60, 3, new Random(1)), normalRows(40, 3, new Random(2))];
  assert.equal(frechetTest(a, b, options), frechetTest(a, b, options));
});

test('few or degenerate rows give sound numbers', () => {
  for (const [what, [a, b]] of Object.entries(degenerate)) isSound(frechetTest(a, b, options), what);
  const constant = frechetTest(...degenerate['constant rows']!, options);
  assert.is(constant.value, 0);
  assert.is(constant.p, 1);
  assert.ok(frechetTest(...degenerate['the same rows twice']!, options).value < 1e-12);
});

longTest('it alarms at its level without drift, and sees shifts and changes of spread', () => {
  const run = (change = {}, trials = 60) =>
    alarms(trials, (a, b, seed) => frechetTest(a, b, { ...options, seed }), change);
  const level = run({}, 300);
  assert.ok(level >= 0.02 && level <= 0.09, `level ${level}`);
  assert.ok(run({ shift: 0.8 }) > 0.9);
  assert.ok(run({ scale: 1.8 }) > 0.9);
});

test("Holm's adjustment", () => {
  assert.equal(holm([]), []);
  assert.equal(holm([0.01, 0.5, 0.02]), [0.03, 0.5, 0.04]);
  assert.equal(holm([0.6, 0.6]), [1, 1]);
});
