import { shownValue } from '../../base/index.js';
import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { namesTold } from '../rows/row-table.js';
import { writtenColumns } from './event-columns.js';

/**
 * @throws DataError `EVENTS_CARRIED` for a column whose values were not read, or whose name another column of the table
 *   has
 */
export function checkCarriedColumns(path: string, schema: EventTableSchema): void {
  const columns = schema.carried ?? [];
  const unread = columns.filter(({ type }) => type === 'other');
  if (unread.length > 0) {
    const names = namesTold(unread.map(({ name }) => name));
    throw new DataError('EVENTS_CARRIED', `${path}: ${names} of the table that was read cannot be written`, {
      hint: "Leave them out: { ...schema, carried: schema.carried.filter(({ type }) => type !== 'other') }.",
    });
  }
  const taken = new Set(writtenColumns({ ...schema, carried: [] }).map(({ name }) => name));
  for (const { name } of columns) {
    if (!taken.has(name)) {
      taken.add(name);
      continue;
    }
    throw new DataError('EVENTS_CARRIED', `${path}: the column ${namesTold([name])} would be there twice`, {
      hint: 'Rename it in the table that the images come from.',
    });
  }
}

/** @throws DataError `EVENTS_CARRIED_VALUE` for a value that is not of its column's type */
export function checkCarriedValues(path: string, schema: EventTableSchema, batch: EventBatch, firstRow: number): void {
  for (const { name, type } of schema.carried ?? []) {
    const values = batch.carried?.get(name) ?? [];
    const wrong = values.findIndex((value) => value !== null && !isOf(type, value));
    if (wrong < 0) continue;
    const row = (firstRow + wrong).toLocaleString('en');
    throw new DataError(
      'EVENTS_CARRIED_VALUE',
      `${path} row ${row}: column ${namesTold([name])} is of type ${type}, its value is ${shownValue(values[wrong])}`,
    );
  }
}

function isOf(type: CarriedColumn['type'], value: NonNullable<CarriedValue>): boolean {
  if (type === 'string') return typeof value === 'string';
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'float') return typeof value === 'number' && Number.isFinite(value);
  if (type === 'integer') return typeof value === 'bigint' || Number.isSafeInteger(value);
  return Number.isSafeInteger(value);
}

/** A value as text, times as ISO 8601; null for null. */
export function carriedText(type: CarriedColumn['type'], value: CarriedValue): string | null {
  if (value === null) return null;
  return type === 'timestamp' ? isoTime(value) : String(value);
}

/** A value as JSON, times as ISO 8601 text. */
export function carriedJson(type: CarriedColumn['type'], value: CarriedValue): string {
  if (type === 'timestamp' && value !== null) return JSON.stringify(isoTime(value));
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function isoTime(value: NonNullable<CarriedValue>): string {
  return new Date(Number(value)).toISOString();
}

/** The type of a carried column's array in an npz; null for text. */
export function carriedDescr(type: CarriedColumn['type']): '<f8' | '<i8' | null {
  if (type === 'string' || type === 'boolean') return null;
  return type === 'float' ? '<f8' : '<i8';
}

/** A column's values for its array; NaN: not known. @throws DataError `EVENTS_CARRIED_VALUE`: integers have no null */
export function carriedNumbers(
  path: string,
  { name, type }: CarriedColumn,
  values: readonly CarriedValue[],
): Float64Array | BigInt64Array {
  if (type === 'float') return Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  return BigInt64Array.from(values, (value) => {
    if (value !== null) return BigInt(value);
    throw new DataError(
      'EVENTS_CARRIED_VALUE',
      `${path}: column ${namesTold([name])} has rows without a value, which npz cannot hold for whole numbers`,
      { hint: 'Write parquet, jsonl or csv.' },
    );
  });
}
