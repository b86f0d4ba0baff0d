/** Splits batches into windows by timestamp, in UTC: hours, days, or weeks that begin on Monday as in ISO 8601. */

import { DriftError, grouped } from '../drift-error.js';
import { rowsOf } from '../linear/matrix.js';
import type { Profile } from '../profile/profile.js';
import { checkBatch, DAY, type DriftBatch, takeImageRows } from '../rows/batch.js';
import { WindowCounter, type WindowCounterOptions } from './window-counter.js';
import type { WindowSummary } from './window-summary.js';

export const WINDOW_LENGTHS = ['1h', '1d', '1w'] as const;
export type WindowLength = (typeof WINDOW_LENGTHS)[number];

const HOUR = 3_600_000;
const WEEK = 7 * DAY;
/** The first Monday of 1970: the 5th of January. */
const FIRST_MONDAY = 4 * DAY;

const LENGTHS: Record<WindowLength, { milliseconds: number; origin: number }> = {
  '1h': { milliseconds: HOUR, origin: 0 },
  '1d': { milliseconds: DAY, origin: 0 },
  '1w': { milliseconds: WEEK, origin: FIRST_MONDAY },
};

export interface TimePart {
  /** First moment of the window, milliseconds since 1970. */
  start: number;
  /** Places in the batch of the rows that belong to the window. */
  rows: number[];
  batch: DriftBatch;
}

export function windowMilliseconds(length: WindowLength): number {
  return LENGTHS[length].milliseconds;
}

/** First moment of the window that a moment is in. */
export function windowStart(time: number, length: WindowLength): number {
  const { milliseconds, origin } = LENGTHS[length];
  return Math.floor((time - origin) / milliseconds) * milliseconds + origin;
}

/** Name of the window that begins at this moment. */
export function windowName(start: number, length: WindowLength): string {
  const iso = isoOf(start);
  if (length === '1h') return `${iso.slice(0, iso.indexOf(':'))}Z`;
  return length === '1d' ? iso.slice(0, iso.indexOf('T')) : weekName(start);
}

/** The ISO 8601 week: it belongs to the year of its Thursday. */
function weekName(monday: number): string {
  const thursday = monday + 3 * DAY;
  const year = isoOf(thursday).replace(/-\d\d-\d\dT.*/, '');
  const firstDay = new Date(thursday);
  firstDay.setUTCMonth(0, 1);
  const week = Math.floor((thursday - firstDay.getTime()) / WEEK) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The moment as text; by its number where a `Date` cannot hold it, such as the start of the first week. */
function isoOf(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time}T00:` : date.toISOString();
}

/** Takes rows of a batch in the given order, each with its number in the file. */
export function takeRows(batch: DriftBatch, rows: readonly number[], firstRow = 0): DriftBatch {
  const { embeddings, scores, targets, timestamps, groups, segments, rowNumbers, statistics, images } = batch;
  return {
    embeddings: rowsOf(embeddings, rows),
    scores: scores && rowsOf(scores, rows),
    targets: targets && rows.map((row) => targets[row]!),
    timestamps: timestamps && rows.map((row) => timestamps[row]!),
    segments: segments && takeColumns(segments, rows),
    groups: groups && rows.map((row) => groups[row]!),
    rowNumbers: rows.map((row) => rowNumbers?.[row] ?? firstRow + row),
    statistics: statistics && takeColumns(statistics, rows),
    images: images && takeImageRows(images, rows),
  };
}

function takeColumns<T>(columns: Readonly<Record<string, ArrayLike<T>>>, rows: readonly number[]): Record<string, T[]> {
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, rows.map((row) => values[row]!)]));
}

/** More than a year of hours: beyond it, timestamps are in the wrong unit or windows too short. */
const MAX_TIME_WINDOWS = 10_000;

export interface TimeWindow {
  /** ISO 8601: `2026-11-24T13Z`, `2026-11-24` or `2026-W48`. */
  name: string;
  /** First moment of the window, ms since 1970 UTC. */
  start: number;
  summary: WindowSummary;
}

export class TimeWindows<W> {
  /** Rows without a timestamp; they are in no window. */
  untimed = 0;
  readonly #open = new Map<number, W>();
  readonly #length: WindowLength;
  readonly #openWindow: (name: string) => W;
  readonly #what: string;

  /** @param openWindow makes a window by name @param what names the rows @throws DriftError `WINDOW_LENGTH_UNKNOWN` */
  constructor(length: WindowLength, openWindow: (name: string) => W, what = 'rows') {
    this.#length = length;
    this.#openWindow = openWindow;
    this.#what = what;
    if (!WINDOW_LENGTHS.includes(length)) {
      throw new DriftError('WINDOW_LENGTH_UNKNOWN', `window ${length}: known are ${WINDOW_LENGTHS.join(', ')}`);
    }
  }

  /**
   * Splits a batch into parts in the order in which windows appear.
   * @param firstRow number of the batch's first row in its file, for batches without `rowNumbers`
   * @throws DriftError `TOO_MANY_WINDOWS`
   */
  partsOf(batch: DriftBatch, firstRow = 0): { window: W; part: TimePart }[] {
    const places = new Map<number, number[]>();
    for (let row = 0; row < batch.embeddings.rows; row++) {
      const time = batch.timestamps?.[row] ?? null;
      if (time === null) {
        this.untimed++;
        continue;
      }
      const start = windowStart(time, this.#length);
      const known = places.get(start);
      if (known) known.push(row);
      else places.set(start, [row]);
    }
    return [...places].map(([start, rows]) => {
      return { window: this.#windowAt(start), part: { start, rows, batch: takeRows(batch, rows, firstRow) } };
    });
  }

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

  windows(): TimeWindow[] {
    return this.#open.inOrder().map(({ name, start, window }) => ({ name, start, summary: window.summary() }));
  }
}
