import { parseDecimal } from '../rows/carried-values.js';

/** Within these the product with a power of ten stays exact enough for the check to decide. */
const FAST_MIN = 1e-7;
const FAST_MAX = 1e9;
/** From `FAST_MIN` to `FAST_MAX`. */
const POWERS = Array.from({ length: 16 }, (_, i) => Number(`1e${i - 7}`));
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * The shortest decimal that reads back to the same finite float32 (read as float64, then rounded): six digits always
 * survive a normal float32, nine always suffice, so 6, 7, 8, 9 are tried; subnormal ones have fewer and begin at one.
 * Digits come from arithmetic (`round(x·10ᵏ) / 10ᵏ`, a correctly rounded division), which takes half the time of
 * `toPrecision` in a loop (0.6 µs a number).
 */
export function float32Text(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= FAST_MIN && magnitude < FAST_MAX) {
    const exponent = POWERS.findLastIndex((power) => magnitude >= power) - 7;
    for (let digits = 6; digits <= 9; digits++) {
      const rounded = atDecimals(value, digits - 1 - exponent);
      if (Math.fround(rounded) === value) return String(rounded);
    }
  }
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return Object.is(value, -0) ? '-0' : String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function atDecimals(value: number, decimals: number): number {
  if (decimals < 0) {
    const scale = POWERS_OF_TEN[-decimals] as number;
    return Math.round(value / scale) * scale;
  }
  const scale = POWERS_OF_TEN[decimals] as number;
  return Math.round(value * scale) / scale;
}

/** Vectors as text in one csv field: `[0.1, 0.2]` as written here and by pandas, `[0.1 0.2\n 0.3]` as numpy prints. */
export function vectorText(values: Float32Array, begin: number, end: number): string {
  let text = '[';
  for (let i = begin; i < end; i++) {
    if (i > begin) text += ', ';
    text += float32Text(values[i] as number);
  }
  return `${text}]`;
}

/** Why a text is not a vector, as the end of a sentence. */
export class NotAVector {
  constructor(readonly reason: string) {}
}

export function parseVectorText(text: string): number[] | NotAVector {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[') || !trimmed.endsWith(']')) {
    return new NotAVector(`"${trimmed.slice(0, 40)}" is not between square brackets`);
  }
  const inner = trimmed.slice(1, -1).trim();
  if (inner === '') return [];
  const entries = inner.includes(',') ? inner.split(',') : inner.split(/\s+/);
  const values = new Array<number>(entries.length);
  for (let i = 0; i < entries.length; i++) {
    const entry = (entries[i] as string).trim();
    const value = parseDecimal(entry);
    if (Number.isNaN(value)) return new NotAVector(describeEntry(entry, i));
    values[i] = value;
  }
  return values;
}

function describeEntry(entry: string, index: number): string {
  if (entry === '...') {
    return `entry ${index} is "...": numpy abbreviated the vector when it was written as text, its values are lost`;
  }
  return `entry ${index} is "${entry.slice(0, 40)}", which is not a finite number`;
}
