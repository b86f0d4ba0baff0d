/** Limits how many tasks are under way. They start in the order in which they were asked for. */
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
