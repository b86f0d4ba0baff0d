/** How many images are read ahead: many small ones, few large ones; and when the decoder has all that it may have. */
import type { Embedder } from '../../engine/index.js';
import { UnderWay } from '../../pipeline/embed/under-way.js';
import { assert, test } from '../support/test.js';

const MB = 2 ** 20;

function embedder(size: [number, number] | null, threads = 2): Embedder {
  return { threads, config: { preprocessing: { size, mean: [0, 0, 0] } } } as unknown as Embedder;
}

test('as many as fit in 64 MiB, at most 64, and never fewer than the threads need', () => {
  const most = (size: [number, number] | null, file: number, threads = 2) => {
    const underWay = new UnderWay(embedder(size, threads), 1000, () => {});
    assert.is(underWay.most, 8 + 2 * threads, 'before the first file');
    underWay.given(file);
    return underWay.most;
  };
  assert.is(most([224, 224], 40_000), 64);
  assert.is(most([224, 224], 3 * MB), 20);
  assert.is(most([224, 224], 20 * MB), 12);
  assert.is(most([224, 224], 20 * MB, 8), 24);
  assert.is(most([2240, 2240], 40_000), 12);
  assert.is(most(null, 40_000), 12);
});

test('a large file among small ones', () => {
  const underWay = new UnderWay(embedder([224, 224]), 1000, () => {});
  for (const bytes of [40_000, 30 * MB, 40_000]) underWay.given(bytes);
  assert.is(underWay.most, 12);
});

test('it is full once: when all are given that may be, or all that there are', () => {
  for (const [images, expected] of [
    [1000, 64],
    [64, 64],
    [5, 5],
    [1, 1],
  ] as const) {
    let given = 0;
    const fullAt: number[] = [];
    const underWay = new UnderWay(embedder([224, 224]), images, () => fullAt.push(given));
    for (given = 1; given <= images; given++) underWay.given(40_000);
    assert.equal(fullAt, [expected]);
  }
});
