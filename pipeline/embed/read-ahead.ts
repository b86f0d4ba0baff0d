/** Takes from a stream before it is asked to, so that whoever asks need not wait for the disk. */

/**
 * The items of `source` in order. The next `count` are asked for while the consumer works on one, one after another,
 * and at most so many are held. An error of the source comes at its place; a consumer that leaves early makes the
 * source return.
 */
export async function* readAhead<T>(source: AsyncIterable<T>, count: number): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // Generators answer in the order in which they were asked, however many questions wait.
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

/** Its error is looked at when its turn comes; until then it must not count as unhandled. */
function quietly<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => {});
  return promise;
}
