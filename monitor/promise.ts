/** What is promised, and how it is shared among tests that look at the same windows. */
import { DAY } from '../drift/index.js';
import type { BlockName } from '../drift/monitor/index.js';

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

/** An average of windows, one window alone, and the last 28 days beside the baseline alone. */
export type TestName = 'average' | 'window' | 'month';

/** How the promise is shared. `by` is for the averages of all values of that column together. */
const SHARES = { average: 0.85, window: 0.1, month: 0.05, by: 0 };
const SHARES_BY = { average: 0.5, window: 0.07, month: 0.03, by: 0.4 };
/** The embedding sees most changes, and has most to average. */
const WEIGHTS: Readonly<Record<BlockName, number>> = { clusters: 1, embedding: 2, confidence: 1, labels: 1, images: 2 };

/** Alarms a window in quiet that each test of a block may have. */
export interface Rates {
  average: number;
  window: number;
  /** A day, if windows are shorter: the means of 28 days up to one of its hours or another are nearly the same. */
  month: number;
  /** @param values how many different ones have been seen */
  by(values: number): number;
}

/** @param blocks all that are judged */
export function ratesOf(
  { falseAlarmEvery, window, by }: MonitorPromise,
  block: BlockName,
  blocks: readonly BlockName[],
): Rates {
  const weights = blocks.reduce((sum, name) => sum + WEIGHTS[name], 0);
  const each = ((window / falseAlarmEvery) * WEIGHTS[block]) / weights;
  const shares = by === null ? SHARES : SHARES_BY;
  return {
    average: each * shares.average,
    window: each * shares.window,
    month: each * shares.month * Math.max(1, DAY / window),
    // By powers of two, so that limits change seldom.
    by: (values) => (each * shares.by) / 2 ** (32 - Math.clz32(Math.max(1, values) - 1)),
  };
}

/** Windows that are alike have one number. @param from milliseconds since 1970 */
export function phaseOf(from: number, { window, season }: Pick<MonitorPromise, 'window' | 'season'>): number {
  if (season === null || season <= window) return 0;
  const phases = Math.round(season / window);
  const phase = Math.floor(from / window) % phases;
  return phase < 0 ? phase + phases : phase;
}
