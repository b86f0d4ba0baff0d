/** How images are cut into batches: all threads are busy until the end. */
import type { Embedder } from '../../engine/index.js';
import { fairBatchSize } from '../../pipeline/embed/fair-batches.js';
import { assert, test } from '../support/test.js';

function sizeOf(threads: number, most: number, count: number): number {
  const embedder = { threads, batchSize: () => most } as unknown as Embedder;
  return fairBatchSize(embedder, count, 224, 224);
}

test('no thread gets more images than a fair share of them, and one a batch', () => {
  for (let threads = 2; threads <= 9; threads++) {
    for (const most of [1, 2, 6, 12, 64]) {
      for (let count = threads * 16; count <= 600; count += 7) {
        const size = sizeOf(threads, most, count);
        const batches = Math.ceil(count / size);
        const rounds = Math.ceil(batches / threads);
        const where = `${count} images, ${threads} threads, at most ${most}: ${size}`;
        assert.ok(size >= 1 && size <= most, where);
        assert.ok(rounds * size < Math.ceil(count / threads) + rounds, where);
      }
    }
  }
});

test('few large images go to all threads, few small ones to one', () => {
  assert.is(sizeOf(2, 6, 8), 4);
  assert.is(sizeOf(2, 12, 60), 10);
  assert.is(sizeOf(2, 256, 20), 16);
  assert.is(sizeOf(2, 12, 1), 4);
});

test('a single thread, or a GPU, gets full batches', () => {
  assert.is(sizeOf(1, 12, 60), 12);
  assert.is(sizeOf(0, 64, 100), 64);
  assert.is(sizeOf(1, 64, 40), 40);
});
