/** What came in a column as what its type says: one function a data type, null where the value is not of that type. */
import { NotAVector, parseVectorText } from 'image-drift/data';
import type { Column } from './model-body.js';

/** Nothing was sent, or one of the ways in which pandas writes nothing. */
export function isMissing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    (typeof value === 'string' && (value === '' || value === 'nan' || value === 'NaN' || value === 'NaT')) ||
    (typeof value === 'number' && Number.isNaN(value))
  );
}

export function scalarOf(column: Column, value: unknown): Scalar {
  switch (column.data_type) {
    case 'int':
    case 'float':
      return numberOf(value);
    case 'bool':
      return booleanOf(value);
    case 'category':
      return categoryOf(column, value);
    default:
      return textOf(value);
  }
}

export function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'bigint') return Number(number);
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function booleanOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const text = String(value).toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}

/** A category sent as a number where the schema has text, or the other way round, is that category. */
function categoryOf(column: Column, value: unknown): Scalar {
  const text = textOf(value);
  const known = column.categories?.find((category) => String(category) === text);
  return known ?? text;
}

export function textOf(value: unknown): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

/** From an array of numbers, or from the text that one is in csv. */
export function vectorOf(value: unknown): Float32Array | null {
  const numbers = typeof value === 'string' ? parseVectorText(value) : value;
  if (numbers instanceof NotAVector || !(Array.isArray(numbers) || ArrayBuffer.isView(numbers))) return null;
  const vector = Float32Array.from(numbers as ArrayLike<unknown>, (entry) =>
    typeof entry === 'number' || typeof entry === 'bigint' ? Number(entry) : Number.NaN,
  );
  return vector.every(Number.isFinite) ? vector : null;
}

/** A stored event: its time, its scalars as JSON values, its vectors as float32. */
export type Scalar = string | number | boolean | null;

export interface EventRow {
  /** Row number in the store; absent before the event is stored. */
  row?: number;
  eventId: string;
  /** Milliseconds since 1970. */
  time: number;
  /** Keys are columns. Null and unreadable values are absent. */
  fields: Record<string, Scalar>;
  /** Keys are columns. */
  vectors: Map<string, Float32Array>;
}

/**
 * Times as Fiddler accepts them: ms or s since 1970, distinguished by size, or ISO 8601 (UTC without a zone). A model's
 * `event_ts_format` is stored but not used, because all formats are recognised without it.
 */
/** Smaller numbers are seconds. As milliseconds, the limit is in March 1973. */
const LEAST_MILLISECONDS = 1e11;
/** Larger numbers are not times. As milliseconds, the limit is in the year 5138. */
const MOST_MILLISECONDS = 1e14;

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/** @returns milliseconds since 1970; null if the value is not a time */
export function millisecondsOf(value: unknown): number | null {
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value === 'bigint') return ofNumber(Number(value));
  if (typeof value === 'number') return ofNumber(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) return ofNumber(Number(text));
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, day, minute = '00:00', second = ':00', fraction = '', zone = 'Z'] = parts;
  const offset = zone === 'Z' || zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return finite(Date.parse(`${day}T${minute}${second}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`));
}

function ofNumber(value: number): number | null {
  const milliseconds = Math.abs(value) < LEAST_MILLISECONDS ? value * 1000 : value;
  return Math.abs(milliseconds) < MOST_MILLISECONDS ? finite(Math.trunc(milliseconds)) : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
