/** Limits how many tasks are under way, such as requests to one server, or batches that an engine computes. */

/** Tasks start in the order in which they were asked for. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param tasks at most, at the same time */
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
