/** Draws windows from embedded rows, and counts how many raise an alarm. */

import { Random } from '../../base/index.js';
import { type DriftBatch, takeRows } from '../../drift/index.js';
import { SAMPLE_STREAM } from '../sampled/index.js';

/** Whether each method calls a window drift; null if its rows lack what a method compares. */
export type Judge = (window: DriftBatch) => ReadonlyMap<string, boolean | null>;

export interface WindowPlan {
  sizes: readonly number[];
  /** Number of windows of each size. */
  repeats: number;
  alpha: number;
  seed: number;
}

/** Limit of `repeats`: more would take hours. It also keeps the random streams of two sizes apart. */
export const MAX_REPEATS = 10_000;

/** Number of windows of each size. A window as large as all rows is drawn once, because all such windows are equal. */
export function windowCounts(rows: number, { sizes, repeats }: Pick<WindowPlan, 'sizes' | 'repeats'>): number[] {
  return sizes.map((size) => (size > rows ? 0 : size === rows ? 1 : repeats));
}

/**
 * The share of windows that raise an alarm, by method in the judge's order and by window size; null if
 * none was drawn or could be judged. Windows are drawn without replacement. They depend only on the seed, the size and
 * the number of rows, so two drills of as many images draw the same windows, and levels are compared on the same
 * images.
 */
export function alarmShares(rows: DriftBatch, judge: Judge, plan: WindowPlan): AlarmShares[] {
  const counts = windowCounts(rows.embeddings.rows, plan);
  const shares = new Map<string, (number | null)[]>();
  for (const [i, size] of plan.sizes.entries()) {
    for (const [method, share] of sharesOf(windows(rows, size, counts[i]!, plan.seed), judge)) {
      if (!shares.has(method)) shares.set(method, new Array<number | null>(plan.sizes.length).fill(null));
      shares.get(method)![i] = share;
    }
  }
  return [...shares].map(([method, found]) => ({ method, shares: found }));
}

export interface AlarmShares {
  method: string;
  /** For each window size, 0 to 1. */
  shares: (number | null)[];
}

function sharesOf(drawn: Iterable<DriftBatch>, judge: Judge): Map<string, number | null> {
  const tallies = new Map<string, { judged: number; alarms: number }>();
  for (const window of drawn) {
    for (const [method, alarm] of judge(window)) {
      const tally = tallies.get(method) ?? { judged: 0, alarms: 0 };
      tallies.set(method, tally);
      if (alarm === null) continue;
      tally.judged++;
      if (alarm) tally.alarms++;
    }
  }
  return new Map([...tallies].map(([name, { judged, alarms }]) => [name, judged === 0 ? null : alarms / judged]));
}

function* windows(rows: DriftBatch, size: number, count: number, seed: number): Generator<DriftBatch> {
  for (let i = 0; i < count; i++) {
    const stream = SAMPLE_STREAM + 1 + size * MAX_REPEATS + i;
    const drawn = Random.stream(seed, stream).sample(rows.embeddings.rows, size);
    // Rows drawn at random are no neighbours, whatever their numbers are.
    yield { ...takeRows(rows, [...drawn]), rowNumbers: undefined };
  }
}
