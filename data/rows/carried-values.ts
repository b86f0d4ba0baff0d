import type { CarriedColumn, CarriedValue } from '../carried.js';
import { ISO_TIME, toMilliseconds } from './timestamp.js';

/** The spellings that JavaScript knows beside the decimal one: `0x1F`, `0b1`, `0o7`. */
const OTHER_BASE = /[xob]/i;

/** NaN for all but decimal numbers that float64 holds: `0x1F` is not a score, and `1e999` is beyond all of them. */
export function parseDecimal(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) && !OTHER_BASE.test(text) && text.trim() !== '' ? value : Number.NaN;
}

type CarriedType = CarriedColumn['type'];

const WHOLE = /^[+-]?\d{1,40}$/;
/** A serial number, a postal code: its zeros are part of it. */
const ZERO_BEFORE_DIGITS = /^[+-]?0\d/;
const TRUTH = /^(true|false)$/i;

/** The type of a column of text or JSON values, from some of them. Text if nothing is known. */
export function carriedTypeOf(values: readonly unknown[]): CarriedType {
  const finder = new TypeFinder();
  for (const value of values) finder.add(value);
  return finder.type;
}

export class TypeFinder {
  /** Whether each value that is a time by its form is one. */
  areTimes = true;
  #isKnown = false;
  #hasObject = false;
  #isTruth = true;
  #isWhole = true;
  #isFloat = true;
  #isTime = true;

  add(value: unknown): void {
    if (value === null || value === undefined || value === '') return;
    this.#isKnown = true;
    if (typeof value === 'object') this.#hasObject = true;
    const text = String(value);
    if (this.#isTruth && typeof value !== 'boolean' && !TRUTH.test(text)) this.#isTruth = false;
    if (this.#isFloat && typeof value === 'string' && ZERO_BEFORE_DIGITS.test(value)) this.#isFloat = false;
    if (this.#isFloat && !isFloat(text)) this.#isFloat = false;
    if (this.#isWhole && !(this.#isFloat && WHOLE.test(text))) this.#isWhole = false;
    if (!this.#isTime) return;
    if (typeof value !== 'string' || !ISO_TIME.test(value)) this.#isTime = false;
    else if (typeof toMilliseconds(value) !== 'number') this.areTimes = false;
  }

  get type(): CarriedType {
    if (!this.#isKnown) return 'string';
    if (this.#hasObject) return 'other';
    if (this.#isTruth) return 'boolean';
    if (this.#isWhole) return 'integer';
    if (this.#isFloat) return 'float';
    return this.#isTime ? 'timestamp' : 'string';
  }
}

function isFloat(text: string): boolean {
  return !Number.isNaN(parseDecimal(text)) || /^nan$/i.test(text);
}

/** A value as the type has it; what does not fit stays as it is, as text. Text without a character is text, and no number. */
export function carriedValue(type: CarriedType, value: unknown): CarriedValue {
  if (value === null || value === undefined) return null;
  if (value === '') return type === 'string' ? '' : null;
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
