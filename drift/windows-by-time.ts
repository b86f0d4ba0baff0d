/**
 * Rows sorted into windows by their timestamp: hours, days or weeks in UTC; weeks begin on Monday, as in ISO 8601.
 *
 * Rows of any order and from any number of files; memory grows with the windows, not with the rows.
 */
import { checkBatch, type DriftBatch } from './batch.js';
import { DriftError, grouped } from './drift-error.js';
import type { Matrix } from './matrix.js';
import type { Profile } from './profile.js';
import { WindowCounter, type WindowCounterOptions } from './window-counter.js';
import type { WindowSummary } from './window-summary.js';

export const WINDOW_LENGTHS = ['1h', '1d', '1w'] as const;
export type WindowLength = (typeof WINDOW_LENGTHS)[number];

/** More than a year of hours; timestamps that want more are in the wrong unit, or windows too short to hold rows. */
export const MAX_TIME_WINDOWS = 10_000;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** The first Monday of 1970: the 5th of January. */
const FIRST_MONDAY = 4 * DAY;

const LENGTHS: Record<WindowLength, { milliseconds: number; origin: number }> = {
  '1h': { milliseconds: HOUR, origin: 0 },
  '1d': { milliseconds: DAY, origin: 0 },
  '1w': { milliseconds: WEEK, origin: FIRST_MONDAY },
};

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
    const rowsOf = new Map<number, number[]>();
    for (let row = 0; row < batch.embeddings.rows; row++) {
      const time = batch.timestamps?.[row] ?? null;
      if (time === null) this.untimed++;
      else appendTo(rowsOf, startOf(time, this.length), row);
    }
    for (const [start, rows] of rowsOf) this.counterAt(start).add(rowsOfBatch(batch, rows, this.nextRow));
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

function appendTo(lists: Map<number, number[]>, key: number, value: number): void {
  const known = lists.get(key);
  if (known) known.push(value);
  else lists.set(key, [value]);
}

function startOf(time: number, length: WindowLength): number {
  const { milliseconds, origin } = LENGTHS[length];
  return Math.floor((time - origin) / milliseconds) * milliseconds + origin;
}

/** What the window that begins at this moment is called. */
export function windowName(start: number, length: WindowLength): string {
  const iso = isoOf(start);
  if (length === '1h') return `${iso.slice(0, iso.indexOf(':'))}Z`;
  return length === '1d' ? iso.slice(0, iso.indexOf('T')) : weekName(start);
}

/** Week of the year that its Thursday is in (ISO 8601). */
function weekName(monday: number): string {
  const thursday = monday + 3 * DAY;
  const year = isoOf(thursday).replace(/-\d\d-\d\dT.*/, '');
  const firstDay = new Date(thursday);
  firstDay.setUTCMonth(0, 1);
  const week = Math.floor((thursday - firstDay.getTime()) / WEEK) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** A moment just outside what a `Date` holds, the start of the first week or the like, is told by its number. */
function isoOf(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time}T00:` : date.toISOString();
}

/** Some rows of a batch, each with its number in the file. */
function rowsOfBatch(batch: DriftBatch, rows: readonly number[], firstRow: number): DriftBatch {
  const { embeddings, scores, targets, timestamps, rowNumbers, statistics } = batch;
  return {
    embeddings: rowsOfMatrix(embeddings, rows),
    scores: scores && rowsOfMatrix(scores, rows),
    targets: targets && rows.map((row) => targets[row]!),
    timestamps: timestamps && rows.map((row) => timestamps[row]!),
    rowNumbers: rows.map((row) => rowNumbers?.[row] ?? firstRow + row),
    statistics:
      statistics &&
      Object.fromEntries(Object.entries(statistics).map(([name, values]) => [name, rows.map((row) => values[row]!)])),
  };
}

function rowsOfMatrix({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const found =
    data instanceof Float64Array ? new Float64Array(rows.length * columns) : new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries()) found.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  return { rows: rows.length, columns, data: found };
}
