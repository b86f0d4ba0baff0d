import { setTimeout as sleep } from 'node:timers/promises';
import { orderedMap } from '../../files/index.js';
import { assert, collect, rejection, test } from '../support/test.js';

/** Counts from 0, and records how far it was read and whether `return` was called. */
class Source implements AsyncIterable<number> {
  taken = 0;
  returned = false;

  constructor(
    readonly length: number,
    readonly failsAt = Number.POSITIVE_INFINITY,
  ) {}

  async *[Symbol.asyncIterator]() {
    try {
      for (let i = 0; i < this.length; i++) {
        if (i === this.failsAt) throw new Error(`source failed at ${i}`);
        this.taken++;
        yield i;
      }
    } finally {
      this.returned = true;
    }
  }
}

/** Later items finish earlier. */
async function slowerFirst(i: number): Promise<number> {
  await sleep((7 - (i % 8)) * 2);
  return i * 10;
}

test('keeps the order, whatever is ready first', async () => {
  const results = await collect(orderedMap(new Source(30), 5, slowerFirst));
  const expected = Array.from({ length: 30 }, (_, i) => i * 10);
  assert.equal(results, expected);
});

test('takes a plain iterable', async () => {
  assert.equal(await collect(orderedMap([1, 2, 3], 2, slowerFirst)), [10, 20, 30]);
  assert.equal(await collect(orderedMap([], 2, slowerFirst)), []);
});

test('never has more than the window under way, and uses all of it', async () => {
  let underWay = 0;
  let most = 0;
  await collect(
    orderedMap(new Source(20), 3, async (i) => {
      most = Math.max(most, ++underWay);
      await slowerFirst(i);
      underWay--;
    }),
  );
  assert.is(most, 3);
});

test('does not run ahead of a slow consumer', async () => {
  const source = new Source(1000);
  let consumed = 0;
  for await (const _ of orderedMap(source, 3, async (i) => i)) {
    consumed++;
    await sleep(2);
    assert.ok(source.taken <= consumed + 3, `${source.taken} taken, ${consumed} consumed`);
    if (consumed === 20) break;
  }
});

test('gives a result as soon as it is there, though the source has not come to its next item', async () => {
  let release = (): void => {};
  async function* source() {
    yield 1;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  }
  const results = orderedMap(source(), 4, async (i) => i);
  assert.equal(await results.next(), { done: false, value: 1 });
  release();
  assert.equal(await results.next(), { done: true, value: undefined });
});

test('a consumer that leaves makes the source return, and waits for the work under way', async () => {
  const source = new Source(100);
  let underWay = 0;
  for await (const result of orderedMap(source, 4, async (i) => {
    underWay++;
    await sleep(5);
    underWay--;
    return i;
  })) {
    if (result === 3) break;
  }
  assert.ok(source.returned);
  assert.is(underWay, 0);
});

test('a consumer may leave a source that never answers', async () => {
  async function* source() {
    yield 1;
    await new Promise(() => {});
  }
  for await (const _ of orderedMap(source(), 4, async (i) => i)) break;
});

test('an error of the source comes after the results before it', async () => {
  const source = new Source(100, 5);
  const results: number[] = [];
  const error = await rejection(async () => {
    for await (const result of orderedMap(source, 3, slowerFirst)) results.push(result);
  });
  assert.is(error.message, 'source failed at 5');
  assert.equal(results, [0, 10, 20, 30, 40]);
});

test('an error of a call comes in its place, and ends the source', async () => {
  const source = new Source(100);
  const results: number[] = [];
  const error = await rejection(async () => {
    for await (const result of orderedMap(source, 3, async (i) => {
      if (i === 4) throw new Error('call 4 failed');
      return slowerFirst(i);
    })) {
      results.push(result);
    }
  });
  assert.is(error.message, 'call 4 failed');
  assert.equal(results, [0, 10, 20, 30]);
  assert.ok(source.returned);
  assert.ok(source.taken <= 8);
});
