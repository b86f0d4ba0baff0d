import { spawnSync } from 'node:child_process';
import { collectGarbage } from '#platform';
import { Random } from '../../base/index.js';
import type { Matrix } from '../../drift/index.js';
import { squaredDistance } from '../../drift/linear/distance.js';
import { type Matrix64, toFloat64 } from '../../drift/linear/matrix.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { BlockStatistic } from '../../drift/tests/block-statistic.js';
import { fillValues, kernelMatrix, pairSums, startOf, sumsToChosen, UNIT } from '../../drift/tests/kernel/kernels.js';
import {
  MAX_BLOCK_ROWS,
  MmdReference,
  maximumMeanDiscrepancy,
  medianKernelWidth,
  mmdTest,
} from '../../drift/tests/maximum-mean-discrepancy.js';
import { poolRows, REFERENCE, relabel, WINDOW } from '../../drift/tests/permutation-test.js';
import { assert, plainEnvironment, test } from '../support/test.js';
import { agrees, normalRows, rowReference, seesChanges, takesDegenerateRows } from './row-reference.js';
import { matrixOf, tuples } from './support.js';

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

const run = (a: Matrix, b: Matrix, seed: number) => tested(a, b, { ...options, seed });

test('few or degenerate rows give sound numbers', () => takesDegenerateRows(run, 0));

test('it alarms at its level without drift, and sees shifts and changes of spread', () => seesChanges(run, 0.7));

/** The kernel in plain loops. */
function plainly({ rows, columns, data }: Matrix64, _: number, scale: number, sums: Float64Array, values: Int32Array) {
  for (let i = 0, place = 0; i < rows; i++) {
    for (let j = 0; j < i; j++, place++) {
      const square = squaredDistance(data, i * columns, data, j * columns, columns);
      values[place] = Math.round(UNIT * Math.exp(scale * square));
    }
  }
  sums.set(rowSums(values, rows));
}

test('the kernel computes what plain loops do, to one unit', () => {
  for (const columns of [1, 4, 7, 32]) {
    // Scales from values that are all near 1 to some that are 0.
    for (const scale of [-1e-6, -1 / (2 * columns), -3]) {
      const matrix = toFloat64(normalRows(150, columns, new Random(columns)));
      const [plain, fast] = [plainly, fillValues].map((compute) => {
        const [sums, values] = [new Float64Array(150), new Int32Array((150 * 149) / 2)];
        compute(matrix, 0, scale, sums, values);
        return { sums, values };
      });
      const different = plain!.values.filter((value, i) => fast!.values[i] !== value);
      assert.ok(different.length < 5, `${columns} columns, ${scale}: ${different.length} differ`);
      for (const [i, value] of plain!.values.entries()) {
        assert.ok(Math.abs(fast!.values[i]! - value) <= 1, `${columns} columns, ${scale}, ${i}`);
      }
      assert.equal(fast!.sums, rowSums(fast!.values, 150), `${columns} columns, ${scale}`);
    }
  }
});

/** The sum of each row of a symmetric matrix, from its lower triangle. */
function rowSums(values: Int32Array, rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (let i = 1, place = 0; i < rows; i++) {
    for (let j = 0; j < i; j++, place++) {
      sums[i]! += values[place]!;
      sums[j]! += values[place]!;
    }
  }
  return sums;
}

test('the kernel of relabellings sums what plain loops do', () => {
  const random = new Random(1);
  // Rows of more than 512 values fill lanes, of which the largest values are the worst case.
  const all = [2, 3, 9, 700].map((rows) =>
    Int32Array.from({ length: (rows * (rows - 1)) / 2 }, () =>
      random.uniform() < 0.9 ? 2 ** 24 : random.below(2 ** 24),
    ),
  );
  for (const [at, rows] of [2, 3, 9, 700].entries()) {
    const choices = 3;
    const masks = Int32Array.from({ length: choices * rows }, (_, i) => (i < rows || random.uniform() < 0.5 ? -1 : 0));
    const expected = Array.from({ length: choices }, (_, choice) => {
      const isChosen = (row: number) => masks[choice * rows + row] === -1;
      let sum = 0;
      for (let i = 1, place = 0; i < rows; i++) {
        for (let j = 0; j < i; j++, place++) if (isChosen(i) && isChosen(j)) sum += all[at]![place]!;
      }
      return sum;
    });
    assert.equal(pairSums(all, at, masks, choices), expected, `${rows} rows`);
    const last = masks.subarray((choices - 1) * rows);
    const toChosen = sumsToChosen(all, at, last);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let other = 0; other < rows; other++) {
        const [low, high] = [Math.min(row, other), Math.max(row, other)];
        if (low !== high && last[other] === -1) sum += all[at]![startOf(high) + low]!;
      }
      assert.is(toChosen[row], sum, `row ${row} of ${rows}`);
    }
  }
});

test('values that were summed are let go, although the caller awaits nothing', () => {
  const rows = 1_400;
  const masks = new Int32Array(rows).fill(-1);
  const sumOnce = (value: number) => {
    const values = new Int32Array((rows * (rows - 1)) / 2).fill(value);
    assert.equal(pairSums([values], 0, masks, 1), [value * values.length]);
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  sumOnce(1);
  const before = sumOnce(2);
  for (let i = 3; i < 12; i++) sumOnce(i);
  // Each has 3.9 MB.
  assert.ok(sumOnce(12) - before < 16e6, `${sumOnce(13) - before} bytes more`);
});

test('a relabelling has the value of the rows that its labels choose, one after the other', () => {
  // As many rows as are masked, as few as are picked out, and several blocks.
  for (const [m, n, blocks] of tuples('60 80 1; 150 10 1; 90 90 3')) {
    const [a, b] = [normalRows(m, 3, new Random(1)), normalRows(n, 3, new Random(2), { shift: 0.3 })];
    const pooled = poolRows(a, b, blocks, new Random(3));
    const statistic = new BlockStatistic(pooled, 1.5);
    const [random, again] = [new Random(4), new Random(4)];
    const labels = pooled.labels.slice();
    for (let draw = 0; draw < 10; draw++) {
      relabel(labels, pooled.strata, again);
      const values = pooled.strata.map(({ start, end }) => {
        const ofLabel = (label: number) => {
          const chosen = Array.from(labels.keys()).filter((i) => i >= start && i < end && labels[i] === label);
          return matrixOf(chosen.map((i) => Array.from(pooled.data.subarray(3 * i, 3 * i + 3))));
        };
        return maximumMeanDiscrepancy(ofLabel(REFERENCE), ofLabel(WINDOW), 1.5);
      });
      const expected = totalOf(values) / blocks;
      agrees(statistic.permuted(random), expected, 1e-6, `${m} and ${n} rows, draw ${draw}`);
    }
  }
});

test('without WebAssembly, the error says what to leave out', () => {
  const module = JSON.stringify(new URL('../../drift/tests/maximum-mean-discrepancy.js', import.meta.url));
  const program = `
    const { MmdReference, mmdTest } = await import(${module});
    const rows = { rows: 4, columns: 1, data: Float64Array.of(1, 2, 3, 4) };
    try { mmdTest(new MmdReference(rows), rows, ${JSON.stringify(options)}); }
    catch ({ code, hint }) { console.log(code, hint); }`;
  const args = ['--jitless', '--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: plainEnvironment() });
  assert.match(stdout, /^WEBASSEMBLY_MISSING Leave out --jitless/, stderr);
});

test('a matrix that goes on from that of the first rows is the same', () => {
  const matrix = toFloat64(normalRows(150, 3, new Random(1)));
  for (const rows of [1, 2, 40, 120, 150]) {
    const first = kernelMatrix({ ...matrix, rows, data: matrix.data.slice(0, 3 * rows) }, 1.5);
    assert.equal(kernelMatrix(matrix, 1.5, first), kernelMatrix(matrix, 1.5), `${rows} rows`);
  }
});
