/** Maps a stream with several calls under way at once, and gives the results in the order of the stream. */

/**
 * How long a source that was told to stop may take, ms. Longer than any clean-up; a source that waits for something
 * that never comes must not keep its consumer from going on.
 */
const RETURN_GRACE = 1000;

/**
 * At most `window` items, a number that may change on the way, are taken from `source` beyond those whose results were consumed, so memory stays flat
 * however slow the consumer is. The first error, of the source or of `map`, is thrown in its place in the order; all
 * calls have ended by then. A consumer that leaves early makes the source return.
 */
export async function* orderedMap<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  window: number | (() => number),
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const iterator = iterate(source);
  const mostUnderWay = typeof window === 'number' ? () => window : window;
  const underWay: Promise<R>[] = [];
  let pull: Promise<void> | null = null;
  let ended = false;

  const take = async (): Promise<void> => {
    try {
      const { done, value } = await iterator.next();
      if (done) ended = true;
      else underWay.push(quietly(map(value)));
    } catch (error) {
      ended = true;
      underWay.push(quietly(Promise.reject(error)));
    }
    pull = null;
  };

  try {
    while (true) {
      if (!ended && pull === null && underWay.length < mostUnderWay()) pull = take();
      const oldest = underWay[0];
      if (oldest === undefined) {
        if (pull === null) return;
        await pull;
      } else if (pull === null) {
        yield await oldest;
        underWay.shift();
      } else if ((await Promise.race([oldest.then(() => 'result'), pull])) === 'result') {
        yield await oldest;
        underWay.shift();
      }
    }
  } finally {
    if (!ended) await withGrace(iterator.return?.());
    await Promise.allSettled(underWay);
  }
}

function iterate<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/** Its error is looked at when its turn comes; until then it must not count as unhandled. */
function quietly<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => {});
  return promise;
}

async function withGrace(work: unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, RETURN_GRACE);
  });
  try {
    await Promise.race([work, grace]);
  } finally {
    clearTimeout(timer);
  }
}
