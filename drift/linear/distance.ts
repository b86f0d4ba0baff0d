/**
 * Squared Euclidean distance, the inner loop of this room.
 *
 * Sums are always in float64 and in the same order (four interleaved sums). So two distances that tie in one place tie
 * everywhere.
 */
import type { Matrix } from './matrix.js';

/** Σ (a - b)² over `length` values from the given starts. */
export function squaredDistance(
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  length: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = length & ~3;
  let i = 0;
  for (; i < whole; i += 4) {
    const d0 = a[aStart + i]! - b[bStart + i]!;
    const d1 = a[aStart + i + 1]! - b[bStart + i + 1]!;
    const d2 = a[aStart + i + 2]! - b[bStart + i + 2]!;
    const d3 = a[aStart + i + 3]! - b[bStart + i + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; i < length; i++) {
    const d = a[aStart + i]! - b[bStart + i]!;
    s0 += d * d;
  }
  return s0 + s1 + (s2 + s3);
}

/**
 * The same sum if it is below `limit`. Otherwise any value from `limit` up, because the loop may stop early. Use it to
 * find a minimum.
 */
export function squaredDistanceBelow(
  limit: number,
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  length: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = length & ~3;
  let i = 0;
  while (i < whole) {
    for (const pause = Math.min(i + 32, whole); i < pause; i += 4) {
      const d0 = a[aStart + i]! - b[bStart + i]!;
      const d1 = a[aStart + i + 1]! - b[bStart + i + 1]!;
      const d2 = a[aStart + i + 2]! - b[bStart + i + 2]!;
      const d3 = a[aStart + i + 3]! - b[bStart + i + 3]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    if (s0 + s1 + (s2 + s3) >= limit) break;
  }
  if (i === whole) {
    for (; i < length; i++) {
      const d = a[aStart + i]! - b[bStart + i]!;
      s0 += d * d;
    }
  }
  return s0 + s1 + (s2 + s3);
}

/** Copies a row into a float64 buffer. The loops above then see one element type only, which is twice as fast in V8. */
export function loadRow(matrix: Matrix, row: number, into: Float64Array): void {
  const { data, columns } = matrix;
  const start = row * columns;
  for (let i = 0; i < columns; i++) into[i] = data[start + i]!;
}

/** The dot product of two vectors of one length. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
