/**
 * The parts of `strassen` around its products: the sums of its inputs, and the addition of tiles. See `../pack.ts`.
 *
 * Pointers lie `SHIFT` before their vectors, see `printing/text.ts`. A row of the table has four offsets: input and
 * output at one position, input and output at the other.
 */
import { SHIFT, TILE_BYTES } from '../../../printing/assembly/sizes';
import { touch } from '../../../printing/assembly/touch';
import { PAIR_BYTES } from './words';

/** Bytes of a row of a tile. */
const TILE_ROW: usize = 64;

/**
 * `S₁ … S₄` of `count` pairs: `halfBytes` of each tap, one after the other, with `sumBytes` from one pair to the next
 * and `plane` from one sum to the next. The inputs are brought into the caches first.
 *
 * @returns a number made of the values that were read for that
 */
export function sumInputs(
  table: usize,
  count: usize,
  input: usize,
  taps: usize,
  tapsEnd: usize,
  halfBytes: usize,
  to: usize,
  sumBytes: usize,
  plane: usize,
): i32 {
  const read = touchInputs(table, count, input, taps, tapsEnd, 2 * halfBytes);
  sumRows(table, table + 8, count, input, taps, tapsEnd, halfBytes, to, sumBytes, plane);
  return read;
}

/** Brings `bytes` of each tap of both positions of `count` pairs into the caches. @returns as `touch` */
function touchInputs(table: usize, count: usize, input: usize, taps: usize, tapsEnd: usize, bytes: usize): i32 {
  const end = table + count * PAIR_BYTES;
  let read: i32 = 0;
  for (let tap = taps; tap < tapsEnd; tap += 4) {
    const at = input + load<i32>(tap);
    for (let position = table; position < end; position += 8) read |= touch(at + load<i32>(position), bytes);
  }
  return read;
}

/**
 * `S₁ … S₄` of `count` rows, whose offsets are at `first` and `second`, every `PAIR_BYTES`: `bytes` of each tap, one
 * after the other, with `sumBytes` from one row to the next and `plane` from one sum to the next.
 */
function sumRows(
  first: usize,
  second: usize,
  count: usize,
  input: usize,
  taps: usize,
  tapsEnd: usize,
  bytes: usize,
  to: usize,
  sumBytes: usize,
  plane: usize,
): void {
  for (let row: usize = 0; row < count; row++) {
    let sum = to;
    for (let tap = taps; tap < tapsEnd; tap += 4) {
      const at = input + load<i32>(tap);
      sumHalves(at + load<i32>(first), at + load<i32>(second), bytes, sum, plane);
      sum += bytes;
    }
    first += PAIR_BYTES;
    second += PAIR_BYTES;
    to += sumBytes;
  }
}

/** Everything is loaded before anything is stored, so that V8 can pair the operations. */
function sumHalves(first: usize, second: usize, bytes: usize, to: usize, plane: usize): void {
  let a11 = first - SHIFT;
  let a12 = a11 + bytes;
  let a21 = second - SHIFT;
  let a22 = a21 + bytes;
  let s1 = to - SHIFT;
  let s2 = s1 + plane;
  let s3 = s2 + plane;
  let s4 = s3 + plane;
  const end = a12;
  while (a11 !== end) {
    const a11Low = v128.load(a11, SHIFT);
    const a11High = v128.load(a11, SHIFT + 16);
    const a12Low = v128.load(a12, SHIFT);
    const a12High = v128.load(a12, SHIFT + 16);
    const a21Low = v128.load(a21, SHIFT);
    const a21High = v128.load(a21, SHIFT + 16);
    const s1Low = f32x4.add(a21Low, v128.load(a22, SHIFT));
    const s1High = f32x4.add(a21High, v128.load(a22, SHIFT + 16));
    const s3Low = f32x4.sub(a11Low, a21Low);
    const s3High = f32x4.sub(a11High, a21High);
    const s2Low = f32x4.sub(s1Low, a11Low);
    const s2High = f32x4.sub(s1High, a11High);
    const s4Low = f32x4.sub(a12Low, s2Low);
    const s4High = f32x4.sub(a12High, s2High);
    v128.store(s1, s1Low, SHIFT);
    v128.store(s1, s1High, SHIFT + 16);
    v128.store(s2, s2Low, SHIFT);
    v128.store(s2, s2High, SHIFT + 16);
    v128.store(s3, s3Low, SHIFT);
    v128.store(s3, s3High, SHIFT + 16);
    v128.store(s4, s4Low, SHIFT);
    v128.store(s4, s4High, SHIFT + 16);
    a11 += 32;
    a12 += 32;
    a21 += 32;
    a22 += 32;
    s1 += 32;
    s2 += 32;
    s3 += 32;
    s4 += 32;
  }
}

/**
 * `T₂, T₃, −T₄, T₁` of so many panels, in `to`, of the blocks `B₁₁, B₂₁, B₁₂, B₂₂`. A panel has as many bytes of the
 * ones as of the others.
 */
export function makeFactors(blocks: usize, panels: usize, factorBytes: usize, to: usize): void {
  for (; panels !== 0; panels--) {
    makePanel(blocks - SHIFT, factorBytes, to - SHIFT);
    blocks += 4 * factorBytes;
    to += 4 * factorBytes;
  }
}

function makePanel(b11: usize, bytes: usize, t2: usize): void {
  let b21 = b11 + bytes;
  let b12 = b21 + bytes;
  let b22 = b12 + bytes;
  let t3 = t2 + bytes;
  let minusT4 = t3 + bytes;
  let t1 = minusT4 + bytes;
  const end = b21;
  while (b11 !== end) {
    const b12Low = v128.load(b12, SHIFT);
    const b12High = v128.load(b12, SHIFT + 16);
    const b22Low = v128.load(b22, SHIFT);
    const b22High = v128.load(b22, SHIFT + 16);
    const t1Low = f32x4.sub(b12Low, v128.load(b11, SHIFT));
    const t1High = f32x4.sub(b12High, v128.load(b11, SHIFT + 16));
    const t2Low = f32x4.sub(b22Low, t1Low);
    const t2High = f32x4.sub(b22High, t1High);
    const t3Low = f32x4.sub(b22Low, b12Low);
    const t3High = f32x4.sub(b22High, b12High);
    const minusT4Low = f32x4.sub(v128.load(b21, SHIFT), t2Low);
    const minusT4High = f32x4.sub(v128.load(b21, SHIFT + 16), t2High);
    v128.store(t2, t2Low, SHIFT);
    v128.store(t2, t2High, SHIFT + 16);
    v128.store(t3, t3Low, SHIFT);
    v128.store(t3, t3High, SHIFT + 16);
    v128.store(minusT4, minusT4Low, SHIFT);
    v128.store(minusT4, minusT4High, SHIFT + 16);
    v128.store(t1, t1Low, SHIFT);
    v128.store(t1, t1High, SHIFT + 16);
    b11 += 32;
    b21 += 32;
    b12 += 32;
    b22 += 32;
    t2 += 32;
    t3 += 32;
    minusT4 += 32;
    t1 += 32;
  }
}

/** `x += z`, both tiles. */
export function addTile(x: usize, z: usize): void {
  for (const end = x + TILE_BYTES; x !== end; x += 32) {
    const low = f32x4.add(v128.load(x, SHIFT), v128.load(z, SHIFT));
    const high = f32x4.add(v128.load(x, SHIFT + 16), v128.load(z, SHIFT + 16));
    v128.store(x, low, SHIFT);
    v128.store(x, high, SHIFT + 16);
    z += 32;
  }
}

/** Writes the sum of two tiles of so many rows, with bias and residual, to the outputs whose offsets are at `at`. */
export function storeSum(
  rows: usize,
  y: usize,
  z: usize,
  at: usize,
  output: usize,
  residual: usize,
  bias: usize,
  clamp: usize,
): void {
  const low0 = v128.load(clamp, SHIFT);
  const low1 = v128.load(clamp, SHIFT + 16);
  const high0 = v128.load(clamp, SHIFT + 32);
  const high1 = v128.load(clamp, SHIFT + 48);
  for (let row: usize = 0; row < rows; row++) {
    let sum0 = f32x4.add(v128.load(y, SHIFT), v128.load(z, SHIFT));
    let sum1 = f32x4.add(v128.load(y, SHIFT + 16), v128.load(z, SHIFT + 16));
    let sum2 = f32x4.add(v128.load(y, SHIFT + 32), v128.load(z, SHIFT + 32));
    let sum3 = f32x4.add(v128.load(y, SHIFT + 48), v128.load(z, SHIFT + 48));
    const offset = load<i32>(at);
    if (residual !== 0) {
      const from = residual + offset;
      sum0 = f32x4.add(sum0, v128.load(from, SHIFT));
      sum1 = f32x4.add(sum1, v128.load(from, SHIFT + 16));
      sum2 = f32x4.add(sum2, v128.load(from, SHIFT + 32));
      sum3 = f32x4.add(sum3, v128.load(from, SHIFT + 48));
    }
    sum0 = f32x4.add(sum0, v128.load(bias, SHIFT));
    sum1 = f32x4.add(sum1, v128.load(bias, SHIFT + 16));
    sum2 = f32x4.add(sum2, v128.load(bias, SHIFT + 32));
    sum3 = f32x4.add(sum3, v128.load(bias, SHIFT + 48));
    const to = output + offset;
    v128.store(to, f32x4.pmin(f32x4.pmax(sum0, low0), high0), SHIFT);
    v128.store(to, f32x4.pmin(f32x4.pmax(sum1, low1), high1), SHIFT + 16);
    v128.store(to, f32x4.pmin(f32x4.pmax(sum2, low0), high0), SHIFT + 32);
    v128.store(to, f32x4.pmin(f32x4.pmax(sum3, low1), high1), SHIFT + 48);
    y += TILE_ROW;
    z += TILE_ROW;
    at += PAIR_BYTES;
  }
}

/**
 * Brings the residuals of a tile's outputs into the caches: those of so many panels of both halves, which are `apart`.
 * Otherwise the last four products of a tile would wait for them.
 *
 * @returns a number made of the values that were read
 */
export function touchResiduals(table: usize, count: usize, residual: usize, panels: usize, apart: usize): i32 {
  const end = table + count * PAIR_BYTES;
  let read: i32 = 0;
  for (let position = table; position < end; position += 8) {
    const at = residual + load<i32>(position, 4);
    read |= touch(at, panels * TILE_ROW) | touch(at + apart, panels * TILE_ROW);
  }
  return read;
}
