/** The files of a plan's listing: parquet, a row an image, in the order of the run. */

import { CodedError } from '../../base/index.js';
import { type CarriedValue, DataError, type FlatColumn, type ImagePin, type Label } from '../../data/index.js';

export interface PlannedImage {
  key: string;
  /** Where it is, or why it can never be read. */
  pin: ImagePin | CodedError;
  label: Label;
  values: readonly CarriedValue[];
}

const NAMES = ['key', 'file', 'member', 'bytes', 'stamp', 'modified', 'label', 'values', 'problem'];

export const LISTING_COLUMNS: readonly FlatColumn[] = NAMES.map((name) => {
  return { name, type: name === 'bytes' || name === 'modified' ? 'integer' : 'string' };
});

type Cell = string | number | null;

export function toRow({ key, pin, label, values }: PlannedImage): Cell[] {
  const about = [
    label === null ? null : JSON.stringify(label),
    values.length === 0 ? null : JSON.stringify(values.map(written)),
  ];
  if (pin instanceof CodedError) {
    const { code, message, hint } = pin;
    return [key, null, null, null, null, null, ...about, JSON.stringify({ code, message, hint })];
  }
  const { file, member, bytes, stamp, modified } = pin;
  return [key, file, member, bytes, stamp, Number.isSafeInteger(modified) ? modified : null, ...about, null];
}

/** @param row a value for each of `LISTING_COLUMNS` */
export function fromRow(row: readonly unknown[]): PlannedImage {
  const [key, file, member, bytes, stamp, modified, label, values, problem] = row;
  const about = {
    key: String(key),
    label: label === null ? null : (JSON.parse(String(label)) as Label),
    values: values === null ? [] : (JSON.parse(String(values)) as unknown[]).map(read),
  };
  if (problem !== null) {
    const { code, message, hint } = JSON.parse(String(problem)) as Pick<CodedError, 'code' | 'message' | 'hint'>;
    return { ...about, pin: new DataError(code, message, { hint: hint ?? undefined }) };
  }
  const pin = { file: String(file), member: textOf(member), bytes: numberOf(bytes), stamp: textOf(stamp) };
  return { ...about, pin: { ...pin, modified: numberOf(modified) } };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}

/** JSON has no -0, no infinity, and whole numbers only up to 2^53. */
interface Named {
  number: string;
}

function written(value: CarriedValue): CarriedValue | Named {
  if (typeof value === 'bigint') return { number: `${value}n` };
  const isPlain = typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0));
  return isPlain ? value : { number: Object.is(value, -0) ? '-0' : String(value) };
}

function read(value: unknown): CarriedValue {
  if (typeof value !== 'object' || value === null) return value as CarriedValue;
  const { number } = value as Named;
  return number.endsWith('n') ? BigInt(number.slice(0, -1)) : Number(number);
}
