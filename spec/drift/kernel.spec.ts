import { Random } from '../../base/index.js';
import { elkan } from '../../drift/clustering/elkan.js';
import { KernelRows } from '../../drift/clustering/kernel/kernel-rows.js';
import type { LloydResult } from '../../drift/clustering/lloyd.js';
import { kMeansPlusPlus, searchSwaps } from '../../drift/clustering/search.js';
import { squaredDistance } from '../../drift/linear/distance.js';
import type { Matrix64 } from '../../drift/linear/matrix.js';
import { assert, cases, test } from '../support/test.js';

type Value = (random: Random, row: number, column: number) => number;
const shapes: { name: string; columns: number; value: Value }[] = [
  { name: 'float32 values', columns: 48, value: (random) => Math.fround(random.normal()) },
  { name: 'float64 values', columns: 33, value: (random) => random.normal() },
  { name: 'a lattice full of ties', columns: 6, value: (random) => random.below(3) },
  { name: 'spread far below the offset', columns: 17, value: (random) => 1e6 + random.below(4) * 2 ** -20 },
  { name: 'squares that underflow in float32', columns: 16, value: (random) => 1e-24 * random.normal() },
  { name: 'values at the edge of what the kernel takes', columns: 16, value: (random) => 1e15 * random.normal() },
];

function matrixOf(columns: number, value: Value): Matrix64 {
  const random = new Random(7);
  const rows = 4_000;
  const data = Float64Array.from({ length: rows * columns }, (_, i) => value(random, Math.floor(i / columns), i));
  return { rows, columns, data };
}

function assertBelowSecond({ columns, data }: Matrix64, { centroids, labels, others }: LloydResult): void {
  const clusters = centroids.length / columns;
  for (const [i, own] of labels.entries()) {
    for (let j = 0; j < clusters; j++) {
      if (j === own) continue;
      const square = squaredDistance(data, i * columns, centroids, j * columns, columns);
      assert.ok(others![i]! <= square * (1 + 1e-12), `row ${i}, centroid ${j}: ${others![i]} is above ${square}`);
    }
  }
}

for (const { name, columns, value } of cases(shapes, 3)) {
  test(`${name}: same seeds, labels, centroids and squares`, () => {
    const matrix = matrixOf(columns, value);
    const clusters = 13;
    const fast = KernelRows.of(matrix, clusters);
    assert.ok(fast, 'no kernel: is dist/drift/clustering/kernel.wasm built, and does this runtime have SIMD?');
    const seeds = kMeansPlusPlus(matrix, clusters, new Random(3));
    assert.equal(kMeansPlusPlus(matrix, clusters, new Random(3), fast), seeds);
    const options = { maxIterations: 50, tolerance: 0 };
    for (const known of [undefined, seeds]) {
      const plain = elkan(matrix, seeds.centres, options, known);
      const { others, ...found } = elkan(matrix, seeds.centres, { ...options, kernel: fast }, known);
      // Bounds may be looser in the kernel, but bounds they must be.
      assert.equal({ ...found, others: plain.others }, plain);
      for (const result of [plain, { ...found, others }]) assertBelowSecond(matrix, result);
    }
    const start = elkan(matrix, seeds.centres, options, seeds);
    const searched = searchSwaps(matrix, start, new Random(5), options);
    assert.equal(
      { ...searchSwaps(matrix, start, new Random(5), { ...options, kernel: fast }), others: null },
      { ...searched, others: null },
    );
  });
}

test('values that float32 cannot square are left to the plain loops', () => {
  const matrix = matrixOf(16, (random) => random.normal());
  matrix.data[5] = 1e17;
  assert.is(KernelRows.of(matrix, 13), null);
});
