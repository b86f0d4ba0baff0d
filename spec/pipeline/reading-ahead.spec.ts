/** How images are cut into batches (all threads are busy until the end), and how many are read ahead. */
import { setImmediate } from 'node:timers/promises';
import type { ImageEntry } from '../../data/index.js';
import type { Embedder } from '../../engine/index.js';
import { orderedMap } from '../../files/index.js';
import { fairBatchSize, imagesAhead, imagesAtATime, Preparing, whenFull } from '../../pipeline/embed/queue.js';
import { png } from '../support/image-files.js';
import { assert, collect, test } from '../support/test.js';

const MB = 2 ** 20;

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

function embedder(size: [number, number] | null, threads = 2): Embedder {
  return { threads, batchSize: () => 64, config: { preprocessing: { size, mean: [0, 0, 0] } } } as unknown as Embedder;
}

test('of small images that are many, whole batches up to a megabyte are handled together', () => {
  const atATime = (count: number, side: number, read = side) =>
    imagesAtATime(embedder(null), count, { height: read, width: read }, [side, side]);
  assert.is(atATime(300_000, 32), 5 * 64);
  assert.is(atATime(300_000, 64), 64);
  assert.is(atATime(300_000, 224), 64);
  assert.is(atATime(300_000, 32, 1024), 64, 'large images that the engine takes small');
  assert.is(atATime(20_000, 32), fairBatchSize(embedder(null), 20_000, 32, 32));
});

test('as many as fit in 64 MiB, at most 64, and never fewer than the threads need', () => {
  const most = (size: [number, number] | null, file: number, threads = 2) => imagesAhead(embedder(size, threads), file);
  assert.is(most([224, 224], 0), 64);
  assert.is(most([224, 224], 40_000), 64);
  assert.is(most([224, 224], 3 * MB), 20);
  assert.is(most([224, 224], 20 * MB), 12);
  assert.is(most([224, 224], 20 * MB, 8), 24);
  assert.is(most([2240, 2240], 40_000), 12);
  assert.is(most(null, 40_000), 12);
});

test('a large file among small ones, of those that the calling thread reads', async () => {
  const config = { preprocessing: { size: null, resize: null, crop: null, mean: [0, 0, 0] } };
  const preparing = new Preparing({ config } as unknown as Embedder, { files: 3 }, {});
  const files = [4, 40, 4].map((side) =>
    png(
      side,
      side,
      Uint8Array.from({ length: 3 * side * side }, (_, i) => i * i),
    ),
  );
  for (const [row, file] of files.entries()) {
    const entry = { key: `${row}`, label: null, read: async () => file } as unknown as ImageEntry;
    await preparing.image(entry, `${row}`, row);
  }
  assert.is(preparing.largestRead, files[1]!.length);
  await preparing.close();
});

test('it is full once: when all are given that may be, or all that there are', () => {
  for (const [images, expected] of [
    [1000, 64],
    [64, 64],
    [5, 5],
    [1, 1],
  ] as const) {
    let count = 0;
    const fullAt: number[] = [];
    const given = whenFull(
      images,
      () => 64,
      () => fullAt.push(count),
    );
    for (count = 1; count <= images; count++) given();
    assert.equal(fullAt, [expected]);
  }
});

function ahead<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T, void, undefined> {
  return orderedMap(source, count, async (item) => item);
}

/** Yields 0 to `count` - 1, and records the requests. */
class Numbers {
  given = 0;
  returned = false;

  constructor(private readonly count: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<number, void, undefined> {
    try {
      while (this.given < this.count) {
        await setImmediate();
        yield this.given++;
      }
    } finally {
      this.returned = true;
    }
  }
}

test('gives everything in order, whatever the number ahead', async () => {
  for (const count of [1, 2, 10]) assert.equal(await collect(ahead(new Numbers(5), count)), [0, 1, 2, 3, 4]);
  assert.equal(await collect(ahead(new Numbers(0), 2)), []);
});

test('reads on while the consumer works, and no further than asked', async () => {
  const numbers = new Numbers(100);
  for await (const number of ahead(numbers, 3)) {
    for (let i = 0; i < 50; i++) await setImmediate();
    assert.ok(
      numbers.given > Math.min(number + 1, 99) && numbers.given <= number + 3,
      `${numbers.given} after ${number}`,
    );
    if (number === 10) break;
  }
  assert.ok(numbers.returned);
});

test('an error comes after what was read before it, and once', async () => {
  async function* failing(): AsyncGenerator<number, void, undefined> {
    yield 1;
    yield 2;
    throw new Error('the disk is gone');
  }
  const seen: number[] = [];
  try {
    for await (const number of ahead(failing(), 3)) {
      await setImmediate();
      seen.push(number);
    }
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'the disk is gone');
  }
  assert.equal(seen, [1, 2]);
});
