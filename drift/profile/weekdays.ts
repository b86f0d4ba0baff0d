/** A baseline's rows by UTC weekday: a weekend may be unlike other days without fault (`verdicts/same-days.ts`). */
import { DAY } from '../rows/batch.js';
import { type BinCounts, mergeSegments, type SegmentCounts, type SegmentRow, SegmentTally } from '../rows/tallies.js';

export interface Weekdays {
  /** First and last timestamp, milliseconds since 1970. */
  from: number;
  to: number;
  /** The rows of each day that has any, by its name in `DAYS`. */
  days: ReadonlyMap<string, SegmentCounts>;
}

/** From Thursday, which 1 January 1970 was. */
export const DAYS = ['Thursdays', 'Fridays', 'Saturdays', 'Sundays', 'Mondays', 'Tuesdays', 'Wednesdays'] as const;

export const WEEKDAY = 'weekday';

export function weekdayOf(time: number): number {
  const day = Math.floor(time / DAY) % DAYS.length;
  return day < 0 ? day + DAYS.length : day;
}

export class WeekdayTally {
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  readonly #days: SegmentTally;

  /** @param bins of the reference; null without one */
  constructor(clusters: number, bins: BinCounts | null, what: string) {
    this.#days = new SegmentTally(clusters, true, bins, what);
  }

  /** @param time finite, milliseconds since 1970 */
  add(time: number, row: SegmentRow): void {
    this.#from = Math.min(this.#from, time);
    this.#to = Math.max(this.#to, time);
    this.#days.add({ [WEEKDAY]: [DAYS[weekdayOf(time)]!] }, 0, row);
  }

  weekdays(): Weekdays | null {
    const days = this.#days.segments().get(WEEKDAY);
    return days ? { from: this.#from, to: this.#to, days } : null;
  }
}

export function mergeWeekdays(a: Weekdays | null, b: Weekdays | null): Weekdays | null {
  if (a === null || b === null) return a ?? b;
  const days = mergeSegments(new Map([[WEEKDAY, a.days]]), new Map([[WEEKDAY, b.days]])).get(WEEKDAY)!;
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to), days };
}
