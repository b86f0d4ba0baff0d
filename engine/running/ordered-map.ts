/** Maps a stream with several calls under way at once. Results come in the order of the stream. */

/** Longer than any clean-up, ms. A source that waits for ever must not block its consumer. */
const RETURN_GRACE = 1000;

/**
 * Takes at most `window` items, which may change on the way, ahead of the results that were consumed. The first error,
 * of `source` or of `map`, is thrown at its place in the order, after all calls have ended. A consumer that stops early
 * ends the source.
 * @param widened resolves when `window` has grown, so that it is asked again before the oldest call has ended; never
 *   rejects
 */
export async function* orderedMap<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  window: number | (() => number),
  map: (item: T) => Promise<R>,
  widened?: Promise<void>,
): AsyncGenerator<R, void, undefined> {
  const iterator = iterate(source);
  const mostUnderWay = typeof window === 'number' ? () => window : window;
  const underWay: Promise<R>[] = [];
  let pull: Promise<void> | null = null;
  let wider: Promise<void> | null =
    widened?.then(() => {
      wider = null;
    }) ?? null;
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
      } else if (pull === null && wider === null) {
        yield await oldest;
        underWay.shift();
      } else if ((await Promise.race([oldest.then(() => 'result'), pull ?? wider])) === 'result') {
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

/** The error is handled when its turn comes. Until then it must not count as unhandled. */
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
