/**
 * Sorts rows into windows by timestamp: hours, days or weeks in UTC. Weeks begin on Monday, as in ISO 8601.
 *
 * Rows may come in any order and from any number of files. Memory grows with the number of windows, not of rows.
 */
import { DriftError, grouped } from '../drift-error.js';
import type { Profile } from '../profile/profile.js';
import { checkBatch, type DriftBatch } from '../rows/batch.js';
import { splitByTime, type TimePart, WINDOW_LENGTHS, type WindowLength, windowName } from './time-windows.js';
import { WindowCounter, type WindowCounterOptions } from './window-counter.js';
import type { WindowSummary } from './window-summary.js';

/**
 * More than a year of hours. If there are more windows, the timestamps are in the wrong unit or the windows are too
 * short.
 */
const MAX_TIME_WINDOWS = 10_000;

export interface TimeWindow {
  /** ISO 8601: `2026-11-24T13Z`, `2026-11-24` or `2026-W48`. */
  name: string;
  /** First moment of the window, ms since 1970 UTC. */
  start: number;
  summary: WindowSummary;
}

/** Opens a window, of any kind, when its first row comes. */
export class TimeWindows<W> {
  /** Rows without a timestamp; they are in no window. */
  untimed = 0;
  readonly #open = new Map<number, W>();
  readonly #length: WindowLength;
  readonly #openWindow: (name: string) => W;
  readonly #what: string;

  /**
   * @param openWindow makes the window with this name
   * @param what names the rows in messages
   * @throws DriftError `WINDOW_LENGTH_UNKNOWN`
   */
  constructor(length: WindowLength, openWindow: (name: string) => W, what = 'rows') {
    this.#length = length;
    this.#openWindow = openWindow;
    this.#what = what;
    if (!WINDOW_LENGTHS.includes(length)) {
      throw new DriftError('WINDOW_LENGTH_UNKNOWN', `window ${length}: known are ${WINDOW_LENGTHS.join(', ')}`);
    }
  }

  /**
   * Splits a batch into parts, each with its window.
   *
   * @param firstRow number of the batch's first row in its file, for batches without `rowNumbers`
   * @throws DriftError `TOO_MANY_WINDOWS`
   */
  partsOf(batch: DriftBatch, firstRow = 0): { window: W; part: TimePart }[] {
    const { parts, untimed } = splitByTime(batch, this.#length, firstRow);
    this.untimed += untimed;
    return parts.map((part) => ({ window: this.#windowAt(part.start), part }));
  }

  /** All windows, the earliest first. */
  inOrder(): { name: string; start: number; window: W }[] {
    return [...this.#open]
      .sort(([a], [b]) => a - b)
      .map(([start, window]) => ({ name: windowName(start, this.#length), start, window }));
  }

  #windowAt(start: number): W {
    const known = this.#open.get(start);
    if (known !== undefined) return known;
    if (this.#open.size >= MAX_TIME_WINDOWS) {
      throw new DriftError(
        'TOO_MANY_WINDOWS',
        `${this.#what}: timestamps fall in more than ${grouped(MAX_TIME_WINDOWS)} windows of ${this.#length}`,
        { hint: 'Take longer windows; if timestamps are not in milliseconds, convert them first.' },
      );
    }
    const window = this.#openWindow(windowName(start, this.#length));
    this.#open.set(start, window);
    return window;
  }
}

/** Summarizes rows by time window. */
export class WindowsByTime {
  readonly #open: TimeWindows<WindowCounter>;
  readonly #what: string;
  #nextRow = 0;
  readonly #profile: Pick<Profile, 'rows' | 'centroids' | 'classes' | 'reference' | 'groups' | 'dimensions'>;

  /** @throws DriftError `WINDOW_LENGTH_UNKNOWN` */
  constructor(
    profile: Pick<Profile, 'rows' | 'centroids' | 'classes' | 'reference' | 'groups' | 'dimensions'>,
    length: WindowLength,
    options: WindowCounterOptions = {},
  ) {
    this.#profile = profile;
    this.#what = options.what ?? 'rows';
    this.#open = new TimeWindows(length, () => new WindowCounter(profile, options), this.#what);
  }

  /** Rows without a timestamp; they are in no window. */
  get untimed(): number {
    return this.#open.untimed;
  }

  /** @throws DriftError `TOO_MANY_WINDOWS`, and what `WindowCounter` throws */
  add(batch: DriftBatch): void {
    checkBatch(batch, this.#profile.dimensions, this.#profile.classes.length, this.#what);
    for (const { window, part } of this.#open.partsOf(batch, this.#nextRow)) window.add(part.batch);
    this.#nextRow += batch.embeddings.rows;
  }

  /** The earliest first. */
  windows(): TimeWindow[] {
    return this.#open.inOrder().map(({ name, start, window }) => ({ name, start, summary: window.summary() }));
  }
}
