import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  MAX_BLOCK_ROWS,
  maximumMeanDiscrepancy,
  medianKernelWidth,
  mmdTest,
} from '../../drift/tests/maximum-mean-discrepancy.js';
import { Random } from '../../random/index.js';
import { agrees, alarms, degenerate, isSound, normalRows, rowReference } from './row-reference.js';
import { matrixOf } from './support.js';

const options = { draws: 99, maxDraws: 99, seed: 1, stream: 1 };

test("Frouros' documented example and its values for other samples", () => {
  const { x, y, sigma, documented } = rowReference.documented;
  assert.ok(Math.abs(maximumMeanDiscrepancy(matrixOf(x), matrixOf(y), sigma) - documented) < 1e-8);
  for (const [i, sample] of rowReference.samples.entries()) {
    const found = maximumMeanDiscrepancy(matrixOf(sample.x), matrixOf(sample.y), sample.sigma);
    assert.ok(Math.abs(found - sample.mmd) < 1e-7, `sample ${i}: ${found}, not ${sample.mmd}`);
  }
});

test('the kernel width is that of the median heuristic', () => {
  for (const { x, sigma } of rowReference.samples) agrees(medianKernelWidth(matrixOf(x)), sigma, 1e-12, 'sigma');
  assert.is(medianKernelWidth(matrixOf([[1], [1], [1]])), 1);
  assert.is(medianKernelWidth(matrixOf([[1]])), 1);
  // Most pairs are the same: half the mean, here 3 pairs of 6 at distance 2.
  assert.is(medianKernelWidth(matrixOf([[0], [0], [0], [2]])), 1);
});

test('the test of a sample that fits one block has the exact value', () => {
  const [a, b] = [normalRows(50, 3, new Random(1)), normalRows(70, 3, new Random(2))];
  const found = mmdTest(a, b, options);
  assert.is(found.blocks, 1);
  assert.is(found.value, maximumMeanDiscrepancy(a, b, found.sigma));
  assert.ok(found.low < found.value && found.value < found.high);
  assert.equal(mmdTest(a, b, options), found);
});

test('many rows are compared in blocks, with about the value of all pairs', () => {
  const [a, b] = [normalRows(600, 2, new Random(1)), normalRows(MAX_BLOCK_ROWS, 2, new Random(2), { shift: 0.5 })];
  const found = mmdTest(a, b, { ...options, draws: 19, maxDraws: 19 });
  assert.is(found.blocks, 2);
  const exact = maximumMeanDiscrepancy(a, b, found.sigma);
  assert.ok(found.low < exact && exact < found.high);
  assert.is(found.p, 0.05);
});

test('few or degenerate rows give sound numbers', () => {
  for (const [what, [reference, window]] of Object.entries(degenerate))
    isSound(mmdTest(reference, window, options), what);
  assert.is(mmdTest(...degenerate['constant rows']!, options).value, 0);
  assert.is(mmdTest(...degenerate['constant rows']!, options).p, 1);
});

test('it alarms at its level without drift, and sees shifts and changes of spread', () => {
  const run = (change = {}, trials = 60) => alarms(trials, (a, b, seed) => mmdTest(a, b, { ...options, seed }), change);
  const level = run({}, 300);
  assert.ok(level >= 0.02 && level <= 0.09, `level ${level}`);
  assert.ok(run({ shift: 0.8 }) > 0.9);
  assert.ok(run({ scale: 1.8 }) > 0.7);
});

test.run();
