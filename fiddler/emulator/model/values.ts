/** What came in a column as what its type says: one function a data type, null where the value is not of that type. */
import { NotAVector, parseVectorText } from 'image-drift/data';
import type { Scalar } from './event-row.js';
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
