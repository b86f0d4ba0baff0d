/** Squared Euclidean distance. Float64 sums have one order (four interleaved sums): ties are always ties. */
import type { Matrix } from './matrix.js';

/** Σ (a - b)² over `length` values from the given starts. */
export function squaredDistance(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number) {
  return squaredDistanceBelow(Number.POSITIVE_INFINITY, a, aStart, b, bStart, length);
}

/** The same sum if it is below `limit`; else any value from `limit` up, since the loop may stop early. */
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

/** Copies a row into a float64 buffer: loops that see one element type only are twice as fast in V8. */
export function loadRow(matrix: Matrix, row: number, into: Float64Array): void {
  const { data, columns } = matrix;
  const start = row * columns;
  for (let i = 0; i < columns; i++) into[i] = data[start + i]!;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

// Dot products of all rows of one matrix with all rows of another, A·Bᵀ, in tiles of two rows by four: each loaded
// value is used several times. Sums are in float64, and their order depends on the shapes alone.

/** @param a `[aRows, length]` @param b `[bRows, length]` @returns `[aRows, bRows]` */
export function dotProducts(
  a: Float64Array,
  aRows: number,
  b: Float64Array,
  bRows: number,
  length: number,
): Float64Array {
  const result = new Float64Array(aRows * bRows);
  fillDotProducts(result, bRows, a, 0, aRows, b, 0, bRows, length);
  return result;
}

/** Dot products of the rows of one matrix with each other, `[rows, rows]`; each pair is computed once. */
export function selfDotProducts(a: Float64Array, rows: number, length: number): Float64Array {
  const result = new Float64Array(rows * rows);
  for (let from = 0; from < rows; from += TILE) {
    const to = Math.min(from + TILE, rows);
    fillDotProducts(result, rows, a, from, to, a, 0, to, length);
  }
  for (let i = 0; i < rows; i++) for (let j = i + 1; j < rows; j++) result[i * rows + j] = result[j * rows + i]!;
  return result;
}

/** Rows in a tile. Tiles above the diagonal are left out, so a small tile wastes little. */
const TILE = 16;
/** Values of a row that are summed before the next rows come: 64 rows then stay in the second-level cache. */
const STRIP = 1024;

function fillDotProducts(
  result: Float64Array,
  width: number,
  a: Float64Array,
  aFrom: number,
  aTo: number,
  b: Float64Array,
  bFrom: number,
  bTo: number,
  length: number,
): void {
  for (let start = 0; start < length; start += STRIP) {
    const end = Math.min(start + STRIP, length);
    for (let i = aFrom; i < aTo; i += 2) {
      const second = i + 1 < aTo ? i + 1 : i;
      for (let j = bFrom; j < bTo; j += 4) {
        addTile(result, width, a, i, second, b, j, bTo, length, start, end);
      }
    }
  }
}

function addTile(
  result: Float64Array,
  width: number,
  a: Float64Array,
  i: number,
  second: number,
  b: Float64Array,
  j: number,
  bTo: number,
  length: number,
  start: number,
  end: number,
): void {
  const last = bTo - 1;
  const a0 = i * length;
  const a1 = second * length;
  const b0 = j * length;
  const b1 = Math.min(j + 1, last) * length;
  const b2 = Math.min(j + 2, last) * length;
  const b3 = Math.min(j + 3, last) * length;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  for (let c = start; c < end; c++) {
    const x = a[a0 + c]!;
    const y = a[a1 + c]!;
    const p = b[b0 + c]!;
    const q = b[b1 + c]!;
    const r = b[b2 + c]!;
    const s = b[b3 + c]!;
    s00 += x * p;
    s01 += x * q;
    s02 += x * r;
    s03 += x * s;
    s10 += y * p;
    s11 += y * q;
    s12 += y * r;
    s13 += y * s;
  }
  const first = i * width + j;
  result[first]! += s00;
  if (j + 1 <= last) result[first + 1]! += s01;
  if (j + 2 <= last) result[first + 2]! += s02;
  if (j + 3 <= last) result[first + 3]! += s03;
  if (second === i) return;
  const next = first + width;
  result[next]! += s10;
  if (j + 1 <= last) result[next + 1]! += s11;
  if (j + 2 <= last) result[next + 2]! += s12;
  if (j + 3 <= last) result[next + 3]! += s13;
}
