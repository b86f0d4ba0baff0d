/** Rows cut into windows by their timestamps, in UTC: hours, days, weeks. */
import type { DriftBatch } from './batch.js';
import { DriftError } from './drift-error.js';
import type { Matrix } from './matrix.js';

export type TimeSpan = '1h' | '1d' | '1w';

export const TIME_SPANS: readonly TimeSpan[] = ['1h', '1d', '1w'];

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MILLISECONDS: Readonly<Record<TimeSpan, number>> = { '1h': HOUR, '1d': DAY, '1w': 7 * DAY };
/** 1970 began on a Thursday; ISO 8601 weeks begin on Monday. */
const FIRST_MONDAY = 4 * DAY;

export interface TimePart {
  /** Beginning of the window, milliseconds since 1970. */
  start: number;
  /** The rows of the batch that are in it, by their place in the batch. */
  rows: number[];
  batch: DriftBatch;
}

/**
 * The parts of a batch, by window, in the order in which windows appear.
 * @param batch its `rowNumbers` must be there: a part's rows are not consecutive
 * @returns `withoutTime`: rows that are in no part because they have no timestamp
 */
export function splitByTime(batch: DriftBatch, span: TimeSpan): { parts: TimePart[]; withoutTime: number } {
  const rowsOf = new Map<number, number[]>();
  let withoutTime = 0;
  for (let row = 0; row < batch.embeddings.rows; row++) {
    const time = batch.timestamps?.[row] ?? null;
    if (time === null) {
      withoutTime++;
      continue;
    }
    const start = windowStart(time, span);
    const rows = rowsOf.get(start);
    if (rows) rows.push(row);
    else rowsOf.set(start, [row]);
  }
  const parts = [...rowsOf].map(([start, rows]) => ({ start, rows, batch: takeRows(batch, rows) }));
  return { parts, withoutTime };
}

function windowStart(time: number, span: TimeSpan): number {
  const length = MILLISECONDS[span];
  const offset = span === '1w' ? FIRST_MONDAY : 0;
  return Math.floor((time - offset) / length) * length + offset;
}

/** `2026-11-25`, `2026-11-25 13:00`, or the Monday of a week, `week of 2026-11-23`. @throws DriftError `TIMESTAMP_INVALID` */
export function timeWindowName(start: number, span: TimeSpan): string {
  const date = new Date(start);
  if (Number.isNaN(date.getTime())) {
    throw new DriftError(
      'TIMESTAMP_INVALID',
      `a window that begins at ${start} ms since 1970 is outside of all calendars`,
    );
  }
  const day = date.toISOString().slice(0, 10);
  if (span === '1h') return `${day} ${date.toISOString().slice(11, 16)}`;
  return span === '1w' ? `week of ${day}` : day;
}

/** Some rows of a batch, in the order given. */
export function takeRows(batch: DriftBatch, rows: readonly number[]): DriftBatch {
  const { embeddings, scores, targets, timestamps, rowNumbers, statistics } = batch;
  const pick = <T>(values: ArrayLike<T>): T[] => rows.map((row) => values[row] as T);
  return {
    embeddings: takeMatrixRows(embeddings, rows),
    scores: scores ? takeMatrixRows(scores, rows) : null,
    targets: targets ? pick(targets) : null,
    timestamps: timestamps ? pick(timestamps) : null,
    rowNumbers: rowNumbers ? pick(rowNumbers) : null,
    statistics: statistics
      ? Object.fromEntries(Object.entries(statistics).map(([name, values]) => [name, pick(values)]))
      : null,
  };
}

function takeMatrixRows({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const taken = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return { rows: rows.length, columns, data: taken };
}
