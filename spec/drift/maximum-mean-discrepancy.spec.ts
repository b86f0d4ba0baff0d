import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Matrix } from '../../drift/index.js';
import { toFloat64 } from '../../drift/linear/matrix.js';
import { GaussianKernel } from '../../drift/tests/kernel/gaussian-kernel.js';
import { kernelMatrix, fill as plainly } from '../../drift/tests/kernel-matrix.js';
import {
  MAX_BLOCK_ROWS,
  MmdReference,
  maximumMeanDiscrepancy,
  medianKernelWidth,
  mmdTest,
} from '../../drift/tests/maximum-mean-discrepancy.js';
import { Random } from '../../random/index.js';
import { agrees, alarms, degenerate, isSound, normalRows, rowReference } from './row-reference.js';
import { matrixOf } from './support.js';

const options = { draws: 99, maxDraws: 99, seed: 1, stream: 1 };

function tested(reference: Matrix, window: Matrix, asked: typeof options) {
  return mmdTest(new MmdReference(reference), window, asked);
}

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
  const found = tested(a, b, options);
  assert.is(found.blocks, 1);
  assert.is(found.value, maximumMeanDiscrepancy(a, b, found.sigma));
  assert.ok(found.low < found.value && found.value < found.high);
  assert.equal(tested(a, b, options), found);
});

test('many rows are compared in blocks, with about the value of all pairs', () => {
  const [a, b] = [normalRows(600, 2, new Random(1)), normalRows(MAX_BLOCK_ROWS, 2, new Random(2), { shift: 0.5 })];
  const found = tested(a, b, { ...options, draws: 19, maxDraws: 19 });
  assert.is(found.blocks, 2);
  const exact = maximumMeanDiscrepancy(a, b, found.sigma);
  assert.ok(found.low < exact && exact < found.high);
  assert.is(found.p, 0.05);
});

test('few or degenerate rows give sound numbers', () => {
  for (const [what, [reference, window]] of Object.entries(degenerate))
    isSound(tested(reference, window, options), what);
  assert.is(tested(...degenerate['constant rows']!, options).value, 0);
  assert.is(tested(...degenerate['constant rows']!, options).p, 1);
});

test('it alarms at its level without drift, and sees shifts and changes of spread', () => {
  const run = (change = {}, trials = 60) => alarms(trials, (a, b, seed) => tested(a, b, { ...options, seed }), change);
  const level = run({}, 300);
  assert.ok(level >= 0.02 && level <= 0.09, `level ${level}`);
  assert.ok(run({ shift: 0.8 }) > 0.9);
  assert.ok(run({ scale: 1.8 }) > 0.7);
});

test('the kernel computes what plain loops do, to the last digit of a float32', () => {
  const kernel = GaussianKernel.get();
  assert.ok(kernel, 'no kernel: is dist/drift/tests/gaussian.wasm built, and does this runtime have SIMD?');
  for (const columns of [1, 4, 7, 32]) {
    const matrix = toFloat64(normalRows(150, columns, new Random(columns)));
    const scale = -1 / (2 * columns);
    const [plain, fast] = [plainly, kernel.fill.bind(kernel)].map((compute) => {
      const [sums, values] = [new Float64Array(150), new Float32Array((150 * 149) / 2)];
      compute(matrix, 0, scale, sums, values);
      return { sums, values };
    });
    for (const [i, value] of plain!.values.entries()) {
      assert.ok(Math.abs(fast!.values[i]! - value) <= 2 ** -23 * value, `${columns} columns, ${i}`);
    }
    for (const [i, sum] of plain!.sums.entries()) assert.ok(Math.abs(fast!.sums[i]! - sum) < 1e-6 * sum, `row ${i}`);
  }
});

test('a matrix that goes on from that of the first rows is the same', () => {
  const matrix = toFloat64(normalRows(150, 3, new Random(1)));
  for (const rows of [1, 2, 40, 120, 150]) {
    const first = kernelMatrix({ ...matrix, rows, data: matrix.data.slice(0, 3 * rows) }, 1.5);
    assert.equal(kernelMatrix(matrix, 1.5, first), kernelMatrix(matrix, 1.5), `${rows} rows`);
  }
});

test.run();
