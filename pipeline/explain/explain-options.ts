/** The options of `explainWindows`. */
import type { OptionNames } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import type { WindowLength } from '../../drift/index.js';
import { SAMPLE_OPTIONS, type SampleOptions } from '../sampled/index.js';
import { ExplainError } from './explain-error.js';

/**
 * How far the search for a cause goes, and how images and events are read.
 *
 * @example
 * ```ts
 * import type { ExplainOptions } from 'image-drift/pipeline';
 *
 * const options: ExplainOptions = { candidates: 2, rows: 1000, budget: 60_000 };
 * ```
 */
export interface ExplainOptions extends Partial<SampleOptions> {
  /** Labelled images of the baseline that are used, drawn at random if there are more; default 2,500. */
  rows?: number | undefined;
  /** Images of the baseline that the whole library is applied to; default 200, fewer large ones. */
  looks?: number | undefined;
  /** Causes that are embedded for each window at most; default 4. */
  candidates?: number | undefined;
  /** Milliseconds for all, after which nothing further is looked at, fitted or embedded; default: no limit. */
  budget?: number | undefined;
  /** Upper bound of the AUC below which a cause suffices; at most 0.55, the default. */
  equivalence?: number | undefined;
  /** Methods whose verdict says whether a window has drifted; default: those of `measureWindows`. */
  methods?: readonly string[] | undefined;
  /** Which columns of the events are what, where they do not say. */
  columns?: ColumnChoice | undefined;
  /** What rows hang together by, as for `drift`. */
  group?: string | undefined;
  /** Length of a window in time, as for `measureWindows`; default: a window for each table. */
  window?: WindowLength | undefined;
  /** Whether windows that did not drift are left out; default false. */
  onlyDrifted?: boolean | undefined;
  /** Images of the baseline that are shown with the cause of each window, beside an image of the window; default none. */
  pairs?: number | undefined;
  /** Whether what was found about the baseline is kept in the user's cache folder; default true. */
  keep?: boolean | undefined;
  /** Called with what is done now, and how much of it; the total is null where it is not known before. */
  onStep?: ((step: ExplainStep, done: number, total: number | null) => void) | undefined;
}

export const EXPLAIN_OPTIONS: OptionNames<ExplainOptions> = {
  ...SAMPLE_OPTIONS,
  rows: true,
  looks: true,
  candidates: true,
  budget: true,
  equivalence: true,
  methods: true,
  columns: true,
  group: true,
  window: true,
  onlyDrifted: true,
  pairs: true,
  keep: true,
  onStep: true,
};

/**
 * `read`: reading the baseline's images; `baseline`: embedding them; `measure`: their statistics; `look`: the library, by image statistics; `fit`: strengths and shares of the causes that come
 * nearest to a window; `remake`: embedding a cause; `compare`: whether rows can be told from a window.
 */
export type ExplainStep = 'read' | 'baseline' | 'measure' | 'look' | 'fit' | 'remake' | 'compare';

/** A timer cannot wait longer. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** Begins when it is made. */
export class Budget {
  readonly #milliseconds: number;
  /** By `performance.now`; a timer may ring a little before it. */
  #deadline: number;
  readonly #given: AbortSignal | undefined;

  /** @param milliseconds above 0; infinite for no limit @param signal of the caller, who may end all earlier */
  constructor(milliseconds: number, signal?: AbortSignal) {
    this.#milliseconds = milliseconds;
    this.#deadline = performance.now() + milliseconds;
    this.#given = signal;
  }

  /** @throws ExplainError `EXPLAIN_BUDGET` if the time is up; the caller's reason */
  check(): void {
    this.#given?.throwIfAborted();
    if (performance.now() >= this.#deadline) throw budgetUp(this.#milliseconds);
  }

  /** For what takes a signal: aborted when the time is up, or by the caller. */
  signal(): AbortSignal {
    const ending = new AbortController();
    const left = Math.max(0, this.#deadline - performance.now());
    const ring = () => {
      this.#deadline = Math.min(this.#deadline, performance.now());
      ending.abort(budgetUp(this.#milliseconds));
    };
    if (left <= LONGEST_WAIT) setTimeout(ring, left).unref();
    return AbortSignal.any(this.#given === undefined ? [ending.signal] : [ending.signal, this.#given]);
  }
}

function budgetUp(milliseconds: number): ExplainError {
  const message = `the budget of ${Number((milliseconds / 1000).toPrecision(3))} s was up before a cause was tried`;
  return new ExplainError('EXPLAIN_BUDGET', message, {
    hint: 'Give more time; what was found about the baseline is kept, unless --no-keep is given.',
  });
}

export function isBudgetUp(error: unknown): boolean {
  return error instanceof ExplainError && error.code === 'EXPLAIN_BUDGET';
}
