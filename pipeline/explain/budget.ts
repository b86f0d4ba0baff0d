/** The time for all that is looked at, fitted and embedded. */
import { ExplainError } from './explain-error.js';

/** A timer cannot wait longer. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** Begins when it is made. */
export class Budget {
  /** By `performance.now`; a timer may ring a little before it. */
  #deadline: number;

  /** @param milliseconds above 0; infinite for no limit @param given signal of the caller, who may end all earlier */
  constructor(
    readonly milliseconds: number,
    readonly given?: AbortSignal,
  ) {
    this.#deadline = performance.now() + milliseconds;
  }

  /** @throws ExplainError `EXPLAIN_BUDGET` if the time is up; the caller's reason */
  check(): void {
    this.given?.throwIfAborted();
    if (performance.now() >= this.#deadline) throw budgetUp(this.milliseconds);
  }

  /** For what takes a signal: aborted when the time is up, or by the caller. */
  signal(): AbortSignal {
    const ending = new AbortController();
    const left = Math.max(0, this.#deadline - performance.now());
    const ring = () => {
      this.#deadline = Math.min(this.#deadline, performance.now());
      ending.abort(budgetUp(this.milliseconds));
    };
    if (left <= LONGEST_WAIT) setTimeout(ring, left).unref();
    return AbortSignal.any(this.given === undefined ? [ending.signal] : [ending.signal, this.given]);
  }
}

function budgetUp(milliseconds: number): ExplainError {
  const message = `the budget of ${Number((milliseconds / 1000).toPrecision(3))} s was up before a cause was tried`;
  const hint = 'Give more time; what was found about the baseline is kept, unless --no-keep is given.';
  return new ExplainError('EXPLAIN_BUDGET', message, { hint });
}

export function isBudgetUp(error: unknown): boolean {
  return error instanceof ExplainError && error.code === 'EXPLAIN_BUDGET';
}
