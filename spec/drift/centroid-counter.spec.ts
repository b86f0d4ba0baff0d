/** Counts rows by given centroids, batch by batch. */
import { Random } from '../../base/index.js';
import { CentroidCounter, countNearest, type Matrix, matrixOfRows } from '../../drift/index.js';
import { assert, refusal, test } from '../support/test.js';

const centroids = matrixOfRows([
  [0, 0, 0],
  [2, 0, 0],
  [0, 0, -3],
]);

function rowsOf(seed: number, rows: number): Matrix {
  const random = new Random(seed);
  return { rows, columns: 3, data: Float32Array.from({ length: rows * 3 }, () => 2 * random.normal()) };
}

test('counts add up over batches to those of all rows at once', () => {
  const counter = new CentroidCounter(centroids);
  const batches = [rowsOf(1, 50), rowsOf(2, 1), rowsOf(3, 200)];
  for (const batch of batches) counter.add(batch);
  const data = Float32Array.from(batches.flatMap((batch) => [...batch.data]));
  assert.equal(counter.counts, countNearest(centroids, { rows: 251, columns: 3, data }).counts);
  assert.ok(counter.counts.every((count) => count > 0));
});

test('a row halfway goes to the first centroid; one that is not finite to none', () => {
  const counter = new CentroidCounter(centroids);
  counter.add(
    matrixOfRows([
      [1, 0, 0],
      [Number.NaN, 0, 0],
      [0, 0, Number.POSITIVE_INFINITY],
      [0, 0, -2],
    ]),
  );
  assert.equal([counter.counts, counter.skipped], [[1, 0, 1], 2]);
});

test('rows of another length are refused, and centroids that are none', async () => {
  const counter = new CentroidCounter(centroids, 'production.parquet');
  const { message } = await refusal('DIMENSIONS_DIFFER', () => counter.add(matrixOfRows([[1, 2]])));
  assert.match(message, /production\.parquet/);
  await refusal('NO_CENTROIDS', () => new CentroidCounter({ rows: 0, columns: 3, data: new Float64Array(0) }));
  await refusal('MATRIX_MISSHAPEN', () => new CentroidCounter(matrixOfRows([])));
});
