/** Splits batches into windows by timestamp, in UTC: hours, days, or weeks that begin on Monday as in ISO 8601. */
import type { Matrix } from '../linear/matrix.js';
import type { DriftBatch } from '../rows/batch.js';
import { takeImageRows } from '../rows/image-rows.js';

export const WINDOW_LENGTHS = ['1h', '1d', '1w'] as const;
export type WindowLength = (typeof WINDOW_LENGTHS)[number];

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

export interface TimePart {
  /** First moment of the window, milliseconds since 1970. */
  start: number;
  /** Places in the batch of the rows that belong to the window. */
  rows: number[];
  batch: DriftBatch;
}

/**
 * Splits a batch into parts by window, in the order in which the windows appear.
 *
 * @param firstRow number of the batch's first row in its file, for batches without `rowNumbers`
 * @returns `untimed`: number of rows without a timestamp; they are in no part
 */
export function splitByTime(
  batch: DriftBatch,
  length: WindowLength,
  firstRow = 0,
): { parts: TimePart[]; untimed: number } {
  const rowsOf = new Map<number, number[]>();
  let untimed = 0;
  for (let row = 0; row < batch.embeddings.rows; row++) {
    const time = batch.timestamps?.[row] ?? null;
    if (time === null) untimed++;
    else appendTo(rowsOf, startOf(time, length), row);
  }
  const parts = [...rowsOf].map(([start, rows]) => ({ start, rows, batch: takeRows(batch, rows, firstRow) }));
  return { parts, untimed };
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

/**
 * The moment as text. A moment that a `Date` cannot hold, such as the start of the first week, is given by its number.
 */
function isoOf(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? `${time}T00:` : date.toISOString();
}

/** Takes rows of a batch in the given order, each with its number in the file. */
export function takeRows(batch: DriftBatch, rows: readonly number[], firstRow = 0): DriftBatch {
  const { embeddings, scores, targets, timestamps, groups, segments, rowNumbers, statistics, images } = batch;
  return {
    embeddings: rowsOfMatrix(embeddings, rows),
    scores: scores && rowsOfMatrix(scores, rows),
    targets: targets && rows.map((row) => targets[row]!),
    timestamps: timestamps && rows.map((row) => timestamps[row]!),
    segments:
      segments &&
      Object.fromEntries(Object.entries(segments).map(([name, values]) => [name, rows.map((row) => values[row]!)])),
    groups: groups && rows.map((row) => groups[row]!),
    rowNumbers: rows.map((row) => rowNumbers?.[row] ?? firstRow + row),
    statistics:
      statistics &&
      Object.fromEntries(Object.entries(statistics).map(([name, values]) => [name, rows.map((row) => values[row]!)])),
    images: images && takeImageRows(images, rows),
  };
}

function rowsOfMatrix({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const found =
    data instanceof Float64Array ? new Float64Array(rows.length * columns) : new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries()) found.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
  return { rows: rows.length, columns, data: found };
}
