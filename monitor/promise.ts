/** What is promised, and how it is shared among tests that look at the same windows. */

/** With E = `falseAlarmEvery`, the chance of an alarm within T of quiet is at most 1 − exp(−T / E). */
export interface MonitorPromise {
  /** Milliseconds. */
  falseAlarmEvery: number;
  /** Length of a window in milliseconds: an hour, a day, a week. */
  window: number;
  /** Milliseconds after which windows are alike again, such as a week; null if all are alike. */
  season: number | null;
  /** Column whose values, such as cameras, are judged one by one, too; null if none. */
  by: string | null;
  /** What rows belong to, as in `--group`; null if no groups are given. */
  group: string | null;
}

/** Shares of the promise: rows of all, each value of `by`, and the last 28 days beside the baseline alone. */
const SHARES = { all: 0.9, allBeside: 0.6, by: 0.3, frozen: 0.1 };

/** Alarms a window in quiet that each test of a block may have. */
export interface Rates {
  all: number;
  frozen: number;
  /** @param values how many different ones have been seen */
  by(values: number): number;
}

export function ratesOf({ falseAlarmEvery, window, by }: MonitorPromise, blocks: number): Rates {
  const each = window / falseAlarmEvery / blocks;
  return {
    all: each * (by === null ? SHARES.all : SHARES.allBeside),
    frozen: each * SHARES.frozen,
    // By powers of two, so that limits change seldom.
    by: (values) => (each * SHARES.by) / 2 ** Math.ceil(Math.log2(Math.max(1, values))),
  };
}

/** Windows that are alike have one number. @param from milliseconds since 1970 */
export function phaseOf(from: number, { window, season }: Pick<MonitorPromise, 'window' | 'season'>): number {
  if (season === null || season <= window) return 0;
  const phases = Math.round(season / window);
  const phase = Math.floor(from / window) % phases;
  return phase < 0 ? phase + phases : phase;
}
