/**
 * The clusters of a baseline's rows by day of the week, in UTC. A weekend may be unlike other days without any fault, and a
 * window of one day is compared with all of the baseline.
 */
import { addCounts } from '../statistics/counts.js';

export interface Weekdays {
  /** First and last timestamp, milliseconds since 1970. */
  from: number;
  to: number;
  /** `[7, clusters]`: rows of each day, from Thursday, which 1 January 1970 was. */
  counts: number[][];
}

export const DAY = 86_400_000;
/** From Thursday. */
export const DAYS = ['Thursdays', 'Fridays', 'Saturdays', 'Sundays', 'Mondays', 'Tuesdays', 'Wednesdays'] as const;

/** Index in `DAYS`. */
export function weekdayOf(time: number): number {
  const day = Math.floor(time / DAY) % DAYS.length;
  return day < 0 ? day + DAYS.length : day;
}

export class WeekdayTally {
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  readonly #counts: number[][];

  constructor(clusters: number) {
    this.#counts = DAYS.map(() => new Array<number>(clusters).fill(0));
  }

  add(time: number, cluster: number): void {
    if (!Number.isFinite(time)) return;
    this.#from = Math.min(this.#from, time);
    this.#to = Math.max(this.#to, time);
    this.#counts[weekdayOf(time)]![cluster]!++;
  }

  /** Null if no row has a timestamp. */
  weekdays(): Weekdays | null {
    if (this.#from > this.#to) return null;
    return { from: this.#from, to: this.#to, counts: this.#counts.map((counts) => counts.slice()) };
  }
}

/** Those of both parts together. */
export function mergeWeekdays(a: Weekdays | null, b: Weekdays | null): Weekdays | null {
  if (a === null || b === null) return a ?? b;
  return {
    from: Math.min(a.from, b.from),
    to: Math.max(a.to, b.to),
    counts: a.counts.map((counts, day) => addCounts(counts, b.counts[day]!)),
  };
}
