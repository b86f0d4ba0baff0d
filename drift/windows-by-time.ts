/**
 * Rows sorted into windows by their timestamp: hours, days or weeks in UTC; weeks begin on Monday, as in ISO 8601.
 *
 * Rows of any order and from any number of files; memory grows with the windows, not with the rows.
 */
import { checkBatch, type DriftBatch } from './batch.js';
import { DriftError, grouped } from './drift-error.js';
import type { Profile } from './profile.js';
import { splitByTime, WINDOW_LENGTHS, type WindowLength, windowName } from './time-windows.js';
import { WindowCounter, type WindowCounterOptions } from './window-counter.js';
import type { WindowSummary } from './window-summary.js';

/** More than a year of hours; timestamps that want more are in the wrong unit, or windows too short to hold rows. */
export const MAX_TIME_WINDOWS = 10_000;

export interface TimeWindow {
  /** ISO 8601: `2026-11-24T13Z`, `2026-11-24` or `2026-W48`. */
  name: string;
  /** First moment, ms since 1970 UTC. */
  start: number;
  summary: WindowSummary;
}

export class WindowsByTime {
  /** Rows without a timestamp; they are in no window. */
  untimed = 0;
  private readonly counters = new Map<number, WindowCounter>();
  private readonly what: string;
  private nextRow = 0;

  /** @throws DriftError `WINDOW_LENGTH_UNKNOWN` */
  constructor(
    private readonly profile: Pick<Profile, 'centroids' | 'classes' | 'reference' | 'dimensions'>,
    private readonly length: WindowLength,
    private readonly options: WindowCounterOptions = {},
  ) {
    if (!WINDOW_LENGTHS.includes(length)) {
      throw new DriftError('WINDOW_LENGTH_UNKNOWN', `window ${length}: known are ${WINDOW_LENGTHS.join(', ')}`);
    }
    this.what = options.what ?? 'rows';
  }

  /** @throws DriftError `TOO_MANY_WINDOWS`, and what `WindowCounter` throws */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.profile.dimensions, this.profile.classes.length, this.what);
    const { parts, untimed } = splitByTime(batch, this.length, this.nextRow);
    this.untimed += untimed;
    for (const part of parts) this.counterAt(part.start).add(part.batch);
    this.nextRow += batch.embeddings.rows;
  }

  /** The earliest first. */
  windows(): TimeWindow[] {
    return [...this.counters.entries()]
      .sort(([a], [b]) => a - b)
      .map(([start, counter]) => ({ name: windowName(start, this.length), start, summary: counter.summary() }));
  }

  private counterAt(start: number): WindowCounter {
    const known = this.counters.get(start);
    if (known) return known;
    if (this.counters.size >= MAX_TIME_WINDOWS) {
      throw new DriftError(
        'TOO_MANY_WINDOWS',
        `${this.what}: timestamps fall in more than ${grouped(MAX_TIME_WINDOWS)} windows of ${this.length}`,
        { hint: 'Take longer windows; if timestamps are not in milliseconds, convert them first.' },
      );
    }
    const counter = new WindowCounter(this.profile, this.options);
    this.counters.set(start, counter);
    return counter;
  }
}
