/** How many tasks are under way, and in which order. */

/** Limits their number. They start in the order in which they were asked for. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(tasks: number) {
    this.#free = tasks;
  }

  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await task();
    } finally {
      // The place goes directly to the next task, so that no newcomer overtakes it.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/** Longer than any clean-up, ms. A source that waits for ever must not block its consumer. */
const RETURN_GRACE = 1000;

/**
 * Maps a stream with several calls under way at once. Takes at most `window` items, which may change on the way, ahead
 * of the results that were consumed, which come in the order of the stream. The first error, of `source` or of `map`,
 * is thrown at its place in the order, after all calls have ended. A consumer that stops early ends the source.
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
      } else if (pull === null || (await Promise.race([oldest.then(() => 'result'), pull])) === 'result') {
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

/**
 * The Retry-After header (RFC 9110, 10.2.3) in seconds; null if there is none that can be read.
 * @param dateHeader Date of the same answer: an absolute time is compared with it, so that clocks need not agree
 * @param nowMs milliseconds since 1970
 */
export function retryAfterSeconds(
  header: string | null,
  dateHeader: string | null = null,
  nowMs: number = Date.now(),
): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const until = Date.parse(text);
  // `Date.parse` also takes a bare number with a sign for a year.
  if (Number.isNaN(until) || !/[a-z]/i.test(text)) return null;
  const theirs = Date.parse(dateHeader ?? '');
  return Math.max(0, (until - (Number.isNaN(theirs) ? nowMs : theirs)) / 1000);
}
