/** Sums of image statistics: compares the kernel with plain loops, which `statistics.spec.ts` compares with NumPy. */
import { Random } from '../../base/index.js';
import { IMAGE_SUMS, plainSums } from '../../data/images/statistics/image-sums.js';
import { sumsKernel } from '../../data/images/statistics/kernel/sums-kernel.js';
import type { PixelBatch } from '../../data/index.js';
import { imageStatistics } from '../../data/index.js';
import { assert, test } from '../support/test.js';

/** Whole numbers are exact. Saturations are added in another order. */
function expectSame(batch: PixelBatch, what: string): void {
  const kernel = sumsKernel(batch);
  assert.ok(kernel, 'no kernel: is dist/data/images/statistics/sums.wasm built, and does this runtime have SIMD?');
  const [found, expected] = [kernel.sumsOf(batch), plainSums(batch)];
  assert.is(found.length, batch.rows * IMAGE_SUMS.length);
  for (const [i, value] of expected.entries()) {
    const name = IMAGE_SUMS[i % IMAGE_SUMS.length];
    const tolerance = name === 'saturation' ? 1e-12 * value : 0;
    const where = `${what}, image ${Math.floor(i / IMAGE_SUMS.length)}, ${name}`;
    assert.ok(Math.abs(found[i]! - value) <= tolerance, `${where}: ${found[i]}, ${value} expected`);
  }
}

function randomBatch(rows: number, height: number, width: number, random: Random): PixelBatch {
  const data = Uint8Array.from({ length: rows * height * width * 3 }, () => random.below(256));
  return { rows, height, width, data };
}

test('images of every width around a vector, and of every small height', () => {
  const random = new Random(1);
  for (let width = 1; width <= 50; width++) {
    for (const height of [1, 2, 3, 4, 9]) expectSame(randomBatch(3, height, width, random), `${height} × ${width}`);
  }
});

test('more images than the kernel takes at once, and images larger than that', () => {
  const random = new Random(2);
  expectSame(randomBatch(200, 32, 32, random), '200 of 32 × 32');
  expectSame(randomBatch(2, 333, 301, random), '2 of 333 × 301');
});

test('the largest sums that a row can have: black and white by turns', () => {
  const [height, width] = [6, 20_000];
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    if ((i + Math.floor(i / width)) % 2 === 0) data.fill(255, 3 * i, 3 * i + 3);
  }
  expectSame({ rows: 1, height, width, data }, 'chequered');
  expectSame({ rows: 1, height, width, data: new Uint8Array(data.length).fill(255) }, 'white');
  expectSame({ rows: 1, height, width, data: new Uint8Array(data.length) }, 'black');
});

test('an image after a larger one, whose values still lie in memory', () => {
  const random = new Random(3);
  expectSame({ rows: 1, height: 64, width: 64, data: new Uint8Array(64 * 64 * 3).fill(255) }, 'before');
  expectSame(randomBatch(5, 5, 7, random), 'after');
});

test('an image too large for the kernel is measured all the same', () => {
  const [height, width] = [2, 2 ** 23 + 1];
  assert.is(sumsKernel({ height, width }), null);
  const data = new Uint8Array(height * width * 3).fill(255);
  assert.is(imageStatistics({ rows: 1, height, width, data }).get('brightness')?.[0], 1);
});
