import { join } from 'node:path';
import { countNearest, jensenShannonDistance, kMeans } from '../../drift/index.js';
import { readNpzMatrix } from '../support/npz-file.js';
import { amount, assert, cases, test, withSharedData } from '../support/test.js';
import { fixture, matrixOf, mixture, near, refused } from './support.js';

test('the same options give the same result, bit for bit', () => {
  const matrix = mixture(600, 10, 7, 1);
  assert.equal(kMeans(matrix, { clusters: 7, seed: 5 }), kMeans(matrix, { clusters: 7, seed: 5 }));
});

test('well-separated clusters are found exactly, whatever the seed, and come in one order', () => {
  const matrix = matrixOf('0 0; 0 1; 1 0; 9 9; 9 8; -7 5');
  for (let seed = 0; seed < 20; seed++) {
    const found = kMeans(matrix, { clusters: 3, seed, restarts: 1 });
    assert.equal(found.counts, [3, 2, 1]);
    assert.equal([...found.centroids.data], [1 / 3, 1 / 3, 9, 8.5, -7, 5]);
    assert.equal([...found.labels], [0, 0, 0, 1, 1, 2]);
    assert.ok(Math.abs(found.inertia - (4 / 3 + 0.5)) < 1e-12);
    assert.ok(found.converged);
  }
});

test('clusters of one size are ordered by their coordinates', () => {
  const found = kMeans(matrixOf('5 1; 5 -1; -3 0; 8 8'), { clusters: 4 });
  assert.equal([...found.centroids.data], [-3, 0, 5, -1, 5, 1, 8, 8]);
});

test('float64 rows are clustered as float64', () => {
  const found = kMeans(matrixOf([[1], [1 + 1e-12], [1 + 3e-12]]), { clusters: 3 });
  assert.equal(found.counts, [1, 1, 1]);
});

test('labels, counts and inertia belong to the centroids that are given', () => {
  const matrix = mixture(400, 5, 4, 2);
  const found = kMeans(matrix, { clusters: 6 });
  const counted = countNearest(found.centroids, matrix);
  assert.equal(counted.counts, found.counts);
  assert.equal(counted.labels, found.labels);
  let inertia = 0;
  for (let i = 0; i < 400; i++) {
    for (let c = 0; c < 5; c++) {
      inertia += (matrix.data[i * 5 + c]! - found.centroids.data[found.labels[i]! * 5 + c]!) ** 2;
    }
  }
  assert.ok(Math.abs(inertia / found.inertia - 1) < 1e-12);
});

test('one cluster is the mean; one row is its own cluster', () => {
  const found = kMeans(matrixOf('1 2; 3 6'), { clusters: 1 });
  assert.equal([...found.centroids.data], [2, 4]);
  assert.is(found.inertia, 10);
  const one = kMeans(matrixOf([[3, 4]]), { clusters: 1 });
  assert.equal([...one.centroids.data], [3, 4]);
  assert.is(one.inertia, 0);
});

test('as many clusters as different rows are possible, duplicates or not', () => {
  const found = kMeans(matrixOf([[1], [2], [2], [2], [4], [4]]), { clusters: 3 });
  assert.equal([...found.centroids.data], [2, 4, 1]);
  assert.equal(found.counts, [3, 2, 1]);
  assert.is(found.inertia, 0);
});

test('more clusters than different rows: both numbers are named', () => {
  const constant = matrixOf(Array.from({ length: 50 }, () => [1, 2, 3]));
  refused(() => kMeans(constant, { clusters: 5 }), 'TOO_FEW_DISTINCT_ROWS', /5 clusters .* 1 different row /);
  const two = matrixOf([[1], [2], [1], [2], [1]]);
  refused(() => kMeans(two, { clusters: 3 }), 'TOO_FEW_DISTINCT_ROWS', /3 clusters .* 2 different rows/);
  refused(() => kMeans(matrixOf([[0], [-0]]), { clusters: 2 }), 'TOO_FEW_DISTINCT_ROWS', /1 different/);
});

test('values that are not finite are named by row and column', () => {
  const matrix = mixture(20, 4, 2, 3);
  matrix.data[4 * 7 + 2] = Number.NaN;
  refused(() => kMeans(matrix, { clusters: 2 }), 'VALUE_NOT_FINITE', /row 7, column 2 is NaN/);
  refused(() => kMeans(matrixOf([[1], [Number.NEGATIVE_INFINITY]]), { clusters: 1 }), 'VALUE_NOT_FINITE', /row 1/);
  refused(() => kMeans(matrixOf([[1], [1e200]]), { clusters: 1 }), 'VALUE_NOT_FINITE', /1e\+200/);
});

test('options and shapes out of range', () => {
  const matrix = mixture(20, 4, 2, 3);
  for (const clusters of [0, 1.5, Number.NaN, 257]) {
    refused(() => kMeans(matrix, { clusters }), 'OPTION_OUT_OF_RANGE', /clusters .* 1 to 256/);
  }
  refused(() => kMeans(matrix, { clusters: 2, restarts: 0 }), 'OPTION_OUT_OF_RANGE', /restarts 0/);
  refused(() => kMeans(matrix, { clusters: 2, tolerance: -1 }), 'OPTION_OUT_OF_RANGE', /tolerance -1/);
  refused(() => kMeans(matrix, { clusters: 2, seed: -1 }), 'SEED_NOT_AN_INTEGER', /seed -1/);
  refused(() => kMeans({ ...matrix, rows: 21 }, { clusters: 2 }), 'MATRIX_MISSHAPEN', /21 rows of 4 .* 80 values/);
  const empty = { rows: 0, columns: 4, data: new Float32Array(0) };
  refused(() => kMeans(empty, { clusters: 2 }), 'NO_ROWS', /0 rows, at least 2/);
});

test('the row nearest to two centroids goes to the first; a row with NaN to none', () => {
  const counted = countNearest(matrixOf([[4], [0]]), matrixOf([[2], [1], [3], [Number.NaN], [9]]));
  assert.equal([...counted.labels], [0, 1, 0, -1, 0]);
  assert.equal(counted.counts, [3, 1]);
  assert.is(counted.skipped, 1);
  refused(() => countNearest(matrixOf([[4, 1]]), matrixOf([[2]])), 'DIMENSIONS_DIFFER', /1 values, .* 2/);
});

const SEEDS = amount(12, 4);

withSharedData('k-means on the golden embeddings', (folder) => {
  const tranche = (name: string) => readNpzMatrix(join(folder, 'golden', `${name}.npz`), 'embeddings');
  const { inertia } = fixture<{ inertia: Record<string, Record<string, number>> }>('kmeans_inertia.json');

  test("inertia is at most 1.001 times that of scikit-learn's best of 10", () => {
    const all = Object.entries(inertia).flatMap(([name, byClusters]) =>
      Object.entries(byClusters).map(([clusters, expected]) => ({ name, clusters, expected })),
    );
    for (const { name, clusters, expected } of cases(all, 6)) {
      const found = kMeans(tranche(name), { clusters: Number(clusters) });
      assert.ok(found.inertia <= expected * 1.001, `${name}, k ${clusters}: ${found.inertia} against ${expected}`);
    }
  });

  test(`the distances of the production tranches, for any of ${SEEDS} seeds`, () => {
    const reference = tranche('reference');
    const windows = ['production_1', 'production_2', 'production_3'].map(tranche);
    for (let seed = 0; seed < SEEDS; seed++) {
      const { centroids, counts } = kMeans(reference, { clusters: 5, seed });
      for (const [i, expected] of [0.0178, 0.2524, 0.3133].entries()) {
        const distance = jensenShannonDistance(counts, countNearest(centroids, windows[i]!).counts, { base: 2 });
        near(distance, expected, 0.002, `seed ${seed}, window ${i + 1}`);
      }
    }
  });
});
