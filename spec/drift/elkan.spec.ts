/** Elkan's bounds must only change the time. The reference is Lloyd's iteration as in a textbook. */
import { Random } from '../../base/index.js';
import { elkan, elkanBelow } from '../../drift/clustering/elkan.js';
import type { Matrix64 } from '../../drift/index.js';
import { squaredDistance } from '../../drift/linear/distance.js';
import { toFloat64 } from '../../drift/linear/matrix.js';
import { assert, test } from '../support/test.js';
import { matrixOf, mixture, tuples } from './support.js';

function nearest(matrix: Matrix64, centroids: Float64Array): number[] {
  const { rows, columns, data } = matrix;
  return Array.from({ length: rows }, (_, i) => {
    const distances = Array.from({ length: centroids.length / columns }, (_, j) => {
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += (data[i * columns + c]! - centroids[j * columns + c]!) ** 2;
      return sum;
    });
    return distances.indexOf(Math.min(...distances));
  });
}

function means(matrix: Matrix64, labels: number[], clusters: number): Float64Array {
  const { columns, data } = matrix;
  const sums = new Float64Array(clusters * columns);
  const counts = new Float64Array(clusters);
  for (const [i, label] of labels.entries()) {
    counts[label]!++;
    for (let c = 0; c < columns; c++) sums[label * columns + c]! += data[i * columns + c]!;
  }
  return sums.map((sum, at) => sum / counts[Math.floor(at / columns)]!);
}

function lloyd(
  matrix: Matrix64,
  start: Float64Array,
): { labels: number[]; centroids: Float64Array; iterations: number } {
  const clusters = start.length / matrix.columns;
  let labels = nearest(matrix, start);
  for (let iterations = 1; ; iterations++) {
    const centroids = means(matrix, labels, clusters);
    const next = nearest(matrix, centroids);
    if (next.every((label, i) => label === labels[i])) return { labels, centroids, iterations };
    labels = next;
  }
}

test('the same labels, centroids and iterations as plain Lloyd, from the same start', () => {
  for (const [seed, clusters, columns] of tuples('1 2 3; 2 5 16; 3 12 7; 4 20 33')) {
    const matrix = toFloat64(mixture(700, columns, 6, seed));
    const rows = new Random(seed).sample(matrix.rows, clusters);
    const start = new Float64Array(clusters * columns);
    for (const [j, row] of rows.entries())
      start.set(matrix.data.subarray(row * columns, (row + 1) * columns), j * columns);
    const expected = lloyd(matrix, start);
    const found = elkan(matrix, start, { maxIterations: 1000, tolerance: 0 });
    assert.equal([...found.labels], expected.labels, `seed ${seed}`);
    assert.is(found.iterations, expected.iterations);
    assert.ok(found.converged);
    for (const [at, value] of expected.centroids.entries()) assert.ok(Math.abs(found.centroids[at]! - value) < 1e-12);
  }
});

test('integer grids, full of ties: ties go to the lowest index as in plain Lloyd', () => {
  const rows = Array.from({ length: 64 }, (_, i) => [i % 8, Math.floor(i / 8)]);
  const matrix = matrixOf(rows);
  for (let seed = 0; seed < 20; seed++) {
    const start = Float64Array.from([...new Random(seed).sample(64, 4)].flatMap((i) => rows[i]!));
    const found = elkan(matrix, start, { maxIterations: 1000, tolerance: 0 });
    assert.equal([...found.labels], lloyd(matrix, start).labels, `seed ${seed}`);
  }
});

test('an empty cluster takes the row that is farthest from its own centroid', () => {
  const matrix = matrixOf([[0], [1], [2], [10], [50]]);
  // Nothing is near the third centroid. Row 3 is 11 away from its own (-1), the last row 10 from its own (40).
  const found = elkan(matrix, Float64Array.of(-1, 40, 1e6), { maxIterations: 1, tolerance: 0 });
  assert.equal([...found.labels], [0, 0, 0, 2, 1]);
  assert.equal([...found.centroids], [1, 50, 10]);
});

test('filling an empty cluster never empties another', () => {
  // Row 1 is the farthest from its centroid, but alone there; of the rest row 0 is.
  const matrix = matrixOf([[0], [100], [1], [2]]);
  const found = elkan(matrix, Float64Array.of(1.5, 150, 1e6), { maxIterations: 1, tolerance: 0 });
  assert.equal([...found.centroids], [1.5, 100, 0]);
});

test('it stops at maxIterations and says so', () => {
  const matrix = toFloat64(mixture(500, 4, 8, 9));
  const found = elkan(matrix, matrix.data.slice(0, 8 * 4), { maxIterations: 1, tolerance: 0 });
  assert.is(found.iterations, 1);
  assert.not(found.converged);
});

test('a result below a limit is the result; one that is not is none', () => {
  for (const offset of [0, 1e9]) {
    const { rows, columns, data } = toFloat64(mixture(500, 4, 8, 11));
    const matrix = { rows, columns, data: data.map((value) => value + offset) };
    const start = matrix.data.slice(0, 6 * 4);
    const options = { maxIterations: 300, tolerance: 0 };
    const known = { labels: new Int32Array(rows), squares: new Float64Array(rows), others: null };
    for (let i = 0; i < rows; i++) known.squares[i] = squaredDistance(matrix.data, i * columns, start, 0, columns);
    const full = elkan(matrix, start, options, known);
    const below = (limit: number) => elkanBelow(limit, matrix, start, options, known);
    assert.equal(below(full.inertia * (1 + 1e-15)), full);
    assert.is(below(full.inertia), null);
    assert.is(below(full.inertia / 2), null);
    assert.is(below(0), null);
  }
});
