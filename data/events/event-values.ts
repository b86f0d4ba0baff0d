import { quoted, shownValue } from '../../base/index.js';
import { DataError } from '../data-error.js';
import { parseDecimal } from '../rows/carried-values.js';
import { NotATime, toMilliseconds } from '../rows/timestamp.js';

/** Where a value stands, for errors; made only when there is one. */
export type Place = () => string;

const BATCH_VALUES = 2 ** 20;
const MAX_BATCH_ROWS = 4_096;

/** Rows of a batch: about a million values (4 MiB), so that long vectors do not make large batches. */
export function batchRows(valuesPerRow: number): number {
  return Math.max(1, Math.min(MAX_BATCH_ROWS, Math.floor(BATCH_VALUES / valuesPerRow)));
}

export function nulls(rows: number): null[] {
  return new Array<null>(rows).fill(null);
}

/** Text as it is; whole numbers and booleans (a target that is a class index) as text; null for null and NaN. */
export function asText(value: unknown, place: Place): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isNaN(value) ? null : String(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw new DataError('EVENTS_NOT_TEXT', `${place()}: text is needed, found ${described(value)}`);
}

/** NaN for what is not there. */
export function asScore(value: unknown, place: Place): number {
  if (value === null || value === undefined || value === '') return Number.NaN;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') {
    const score = parseDecimal(value);
    if (!Number.isNaN(score) || /^nan$/i.test(value)) return score;
  }
  throw new DataError('EVENTS_NOT_NUMERIC', `${place()}: a number is needed, found ${described(value)}`);
}

export function asTimestamp(value: unknown, place: Place): number | null {
  const time = toMilliseconds(value);
  if (time instanceof NotATime) throw new DataError('EVENTS_TIMESTAMP', `${place()}: ${time.reason}`);
  return time;
}

export function described(value: unknown): string {
  if (typeof value === 'string') return quoted(value.slice(0, 60));
  if (value === null || typeof value === 'object') return shownValue(value);
  return `${typeof value} ${String(value)}`.slice(0, 60);
}
