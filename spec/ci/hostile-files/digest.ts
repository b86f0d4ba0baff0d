/** Values as short texts that can be compared between programs: a hash of the numbers, with their shape before it. */
import { createHash } from 'node:crypto';

/** By the name of an array, a column, a part. */
export type Digest = Record<string, string>;

/** As float32, little endian; every NaN is the same. */
export function ofFloat32(shape: readonly number[], values: ArrayLike<number>): string {
  const copy = Float32Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value));
  return `${shape.join('x')}:${hash(new Uint8Array(copy.buffer))}`;
}

/** As float64, little endian. */
export function ofFloat64(shape: readonly number[], values: ArrayLike<number | bigint>): string {
  const copy = Float64Array.from(values, Number);
  return `${shape.join('x')}:${hash(new Uint8Array(copy.buffer))}`;
}

export function ofTexts(values: readonly (string | null)[]): string {
  return `${values.length}:${hash(Buffer.from(values.map((value) => (value === null ? '-' : `+${value}`)).join('\0')))}`;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
