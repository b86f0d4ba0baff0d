/** Reads a stream in advance, so that its consumer does not wait for the disk. */

/**
 * Yields the items of `source` in order. While the consumer works on one, the next `count` are requested one after
 * another; at most `count` are held. An error of the source appears at its place. If the consumer leaves early, the
 * source returns.
 */
export async function* readAhead<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // Generators answer in the order of the requests, however many are waiting.
  const asked = Array.from({ length: count }, () => quietly(iterator.next()));
  try {
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const { done, value } = await next;
      if (done) return;
      asked.push(quietly(iterator.next()));
      yield value;
    }
  } finally {
    await iterator.return?.();
    await Promise.allSettled(asked);
  }
}

/** Marks the promise's error as handled. It is looked at when its turn comes. */
function quietly<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => {});
  return promise;
}
