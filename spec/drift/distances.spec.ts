import { Random } from '../../base/index.js';
import { jensenShannonDistance, type Matrix, maximumJensenShannonDistance } from '../../drift/index.js';
import { MomentsTally } from '../../drift/statistics/moments.js';
import { areaUnderCurve, areaVariance } from '../../drift/statistics/ranks.js';
import { classifierTest } from '../../drift/tests/domain-classifier.js';
import { frechetDistance, frechetTest, gaussianOf } from '../../drift/tests/frechet-distance.js';
import { holm } from '../../drift/tests/p-values.js';
import { assert, longTest, test } from '../support/test.js';
import {
  agrees,
  degenerate,
  isRepeatable,
  normalRows,
  rowReference,
  seesChanges,
  takesDegenerateRows,
} from './row-reference.js';
import { fixture, matrixOf, near, refused } from './support.js';

const reference = fixture('jensen_shannon.json') as {
  cases: { p: number[]; q: number[]; e: number; 2: number }[];
  frouros: { p: number[]; q: number[]; e: number };
};

test('scipy on random counts, zeros included', () => {
  assert.ok(reference.cases.length > 100);
  for (const [i, { p, q, ...expected }] of reference.cases.entries()) {
    near(jensenShannonDistance(p, q, { base: 'e' }), expected.e, 1e-12, `case ${i}, base e`);
    near(jensenShannonDistance(p, q, { base: 2 }), expected[2], 1e-12, `case ${i}, base 2`);
  }
});

test("Frouros' documented example", () => {
  const { p, q, e } = reference.frouros;
  near(jensenShannonDistance(p, q, { base: 'e' }), e, 1e-12, 'Frouros');
});

test('closed forms', () => {
  assert.is(jensenShannonDistance([1, 0], [0, 1], { base: 2 }), 1);
  assert.is(jensenShannonDistance([1, 0], [0, 1], { base: 'e' }), Math.sqrt(Math.LN2));
  assert.is(maximumJensenShannonDistance(2), 1);
  near(maximumJensenShannonDistance('e'), 0.8326, 5e-5, 'maximum');
  near(jensenShannonDistance([1, 0], [0.5, 0.5], { base: 2 }), 0.557923, 5e-7, '[1, 0] against [½, ½]');
});

test('proportional histograms have distance exactly 0, and a tiny distance keeps its digits', () => {
  assert.is(jensenShannonDistance([1, 2, 4, 0], [3, 6, 12, 0], { base: 2 }), 0);
  assert.is(jensenShannonDistance([0.1, 0.2, 0.7], [0.1, 0.2, 0.7], { base: 'e' }), 0);
  // To first order JS² = Σ (p - q)² / (8 m), m = ½: here 2 · (2ε)² / 4 = 2 ε².
  const epsilon = 1e-9;
  const tiny = jensenShannonDistance([0.5 + epsilon, 0.5 - epsilon], [0.5 - epsilon, 0.5 + epsilon], { base: 'e' });
  near(tiny / (Math.SQRT2 * epsilon), 1, 1e-6, 'tiny distance');
});

test('it is symmetric and never beyond its maximum', () => {
  for (const { p, q } of reference.cases) {
    const there = jensenShannonDistance(p, q, { base: 2 });
    near(jensenShannonDistance(q, p, { base: 2 }), there, 1e-15, 'symmetry');
    assert.ok(there >= 0 && there <= 1);
  }
});

test('what is not a histogram is refused', () => {
  refused(() => jensenShannonDistance([1, 2], [1, 2, 3], { base: 2 }), 'HISTOGRAM_LENGTHS_DIFFER', /2 bins against 3/);
  refused(() => jensenShannonDistance([1, -2], [1, 2], { base: 2 }), 'HISTOGRAM_VALUE_INVALID', /bin 1 .*first.* -2/);
  refused(() => jensenShannonDistance([1, 2], [1, Number.NaN], { base: 2 }), 'HISTOGRAM_VALUE_INVALID', /second.*NaN/);
  refused(() => jensenShannonDistance([1], [Number.POSITIVE_INFINITY], { base: 2 }), 'HISTOGRAM_VALUE_INVALID', /Inf/);
  refused(() => jensenShannonDistance([0, 0], [1, 2], { base: 2 }), 'HISTOGRAM_EMPTY', /first .*sum to 0/);
  refused(() => jensenShannonDistance([], [], { base: 2 }), 'HISTOGRAM_EMPTY', /0 bins/);
});

const options = { draws: 99, maxDraws: 99, seed: 1, stream: 1 };
const frechetRun = (a: Matrix, b: Matrix, seed: number) => frechetTest(a, b, { ...options, seed });
const classifierRun = (a: Matrix, b: Matrix, seed: number) => classifierTest(a, b, { ...options, seed });

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

test('the same seed gives the same result', () => isRepeatable(frechetRun));

test('few or degenerate rows give sound numbers', () => {
  takesDegenerateRows(frechetRun, 0);
  assert.ok(frechetTest(...degenerate['the same rows twice']!, options).value < 1e-12);
});

longTest('it alarms at its level without drift, and sees shifts and changes of spread', () =>
  seesChanges(frechetRun, 0.9),
);

test("Holm's adjustment", () => {
  assert.equal(holm([]), []);
  assert.equal(holm([0.01, 0.5, 0.02]), [0.03, 0.5, 0.04]);
  assert.equal(holm([0.6, 0.6]), [1, 1]);
});

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

test('the same seed gives the same result', () => isRepeatable(classifierRun));

test('few or degenerate rows give sound numbers', () => takesDegenerateRows(classifierRun, 0.5));

longTest('it alarms at its level without drift, and sees shifts and changes of spread', () =>
  seesChanges(classifierRun, 0.9),
);

// Moments from a centre are those of the values, however far from the centre these are.

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
