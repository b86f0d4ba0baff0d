/** Values that are carried along, as they are found in files of text, JSON or other types. */
import type { CarriedColumn, CarriedValue } from '../carried.js';
import { parseDecimal } from './decimal.js';
import { ISO_TIME, toMilliseconds } from './timestamp.js';

type CarriedType = CarriedColumn['type'];

const WHOLE = /^[+-]?\d{1,40}$/;
/** A serial number, a postal code: its zeros are part of it. */
const ZERO_BEFORE_DIGITS = /^[+-]?0\d/;
const TRUTH = /^(true|false)$/i;

/** The type of a column of text or JSON values, from some of them. Text if nothing is known. */
export function carriedTypeOf(values: readonly unknown[]): CarriedType {
  const known = values.filter((value) => value !== null && value !== undefined && value !== '');
  if (known.length === 0) return 'string';
  if (known.some((value) => typeof value === 'object')) return 'other';
  if (known.every((value) => typeof value === 'boolean' || TRUTH.test(String(value)))) return 'boolean';
  const mayBeNumbers = !known.some((value) => typeof value === 'string' && ZERO_BEFORE_DIGITS.test(value));
  if (mayBeNumbers && known.every((value) => WHOLE.test(String(value)))) return 'integer';
  if (mayBeNumbers && known.every((value) => isFloat(String(value)))) return 'float';
  return known.every((value) => typeof value === 'string' && ISO_TIME.test(value)) ? 'timestamp' : 'string';
}

function isFloat(text: string): boolean {
  return !Number.isNaN(parseDecimal(text)) || /^nan$/i.test(text);
}

/** A value as the type has it; what does not fit stays as it is, as text. */
export function carriedValue(type: CarriedType, value: unknown): CarriedValue {
  if (value === null || value === undefined || value === '') return null;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  return typeof value === 'string' ? fromText(type, value) : JSON.stringify(value);
}

function fromText(type: CarriedType, text: string): CarriedValue {
  if (type === 'integer' && WHOLE.test(text)) return carriedValue(type, BigInt(text.replace('+', '')));
  if (type === 'boolean' && TRUTH.test(text)) return /^true$/i.test(text);
  if (type === 'float' && /^nan$/i.test(text)) return null;
  if (type === 'float' && !Number.isNaN(parseDecimal(text))) return parseDecimal(text);
  const time = type === 'timestamp' ? toMilliseconds(text) : null;
  return typeof time === 'number' ? time : text;
}
