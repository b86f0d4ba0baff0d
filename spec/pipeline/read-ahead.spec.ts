import { setImmediate } from 'node:timers/promises';
import { readAhead } from '../../pipeline/embed/read-ahead.js';
import { assert, collect, test } from '../support/test.js';

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
  for (const count of [1, 2, 10]) assert.equal(await collect(readAhead(new Numbers(5), count)), [0, 1, 2, 3, 4]);
  assert.equal(await collect(readAhead(new Numbers(0), 2)), []);
});

test('reads on while the consumer works, and no further than asked', async () => {
  const numbers = new Numbers(100);
  for await (const number of readAhead(numbers, 2)) {
    for (let i = 0; i < 50; i++) await setImmediate();
    assert.is(numbers.given, Math.min(number + 3, 100));
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
    for await (const number of readAhead(failing(), 3)) {
      await setImmediate();
      seen.push(number);
    }
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'the disk is gone');
  }
  assert.equal(seen, [1, 2]);
});
