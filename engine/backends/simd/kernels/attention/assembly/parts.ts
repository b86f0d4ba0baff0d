/**
 * Attention but for its products: keys and values as panels, queries, the limits of scores, and outputs.
 *
 * Pointers lie `SHIFT` before their vectors where V8 is to pair them, see `printing/text.ts`.
 */
import { hyperbolicTangent } from '../../../printing/assembly/functions';
import { SHIFT } from '../../../printing/assembly/sizes';
import { touch } from '../../../printing/assembly/touch';
import { transposeFour } from '../../../printing/assembly/transpose';

/** Bytes of an entry of `keysAt`, and of one of `rowsAt`. */
export const KEY: usize = 12;
export const QUERY: usize = 20;

/**
 * Brings rows of so many bytes into the caches, whose offsets stand in a table with so many bytes an entry.
 *
 * @returns a number made of the values that were read
 */
export function touchRows(from: usize, table: usize, entry: usize, rows: usize, bytes: usize): i32 {
  let read: i32 = 0;
  for (const end = table + rows * entry; table < end; table += entry) read |= touch(from + load<i32>(table), bytes);
  return read;
}

/** `[panel][feature][16 keys]`; beyond the last key, zeros. */
export function packKeys(from: usize, keysAt: usize, keys: usize, features: usize, step: usize, into: usize): void {
  const fours: usize = step === 4 ? features & ~3 : 0;
  for (let first: usize = 0; first < keys; first += 4) {
    const left = keys - first;
    const lane = into + (first >> 4) * (features << 6) + ((first & 15) << 2);
    const row0 = from + load<i32>(keysAt + first * KEY);
    const row1 = from + load<i32>(keysAt + (first + min<usize>(1, left - 1)) * KEY);
    const row2 = from + load<i32>(keysAt + (first + min<usize>(2, left - 1)) * KEY);
    const row3 = from + load<i32>(keysAt + (first + min<usize>(3, left - 1)) * KEY);
    let to = lane;
    for (let i: usize = 0; i < fours << 2; i += 16) {
      transposeFour(row0 + i, row1 + i, row2 + i, row3 + i, to);
      to += 256;
    }
    for (let i = fours; i < features; i++) {
      store<f32>(to, load<f32>(row0 + i * step));
      store<f32>(to, load<f32>(row1 + i * step), 4);
      store<f32>(to, load<f32>(row2 + i * step), 8);
      store<f32>(to, load<f32>(row3 + i * step), 12);
      to += 64;
    }
  }
  const filled = (keys + 3) & ~3;
  if ((filled & 15) === 0) return;
  const zeros = into + (filled >> 4) * (features << 6) + ((filled & 15) << 2);
  for (let i: usize = 0; i < features; i++) memory.fill(zeros + (i << 6), 0, (16 - (filled & 15)) << 2);
}

/** `[panel][key][16 outputs]`; beyond the last output, zeros. */
export function packValues(from: usize, keysAt: usize, keys: usize, outputs: usize, step: usize, into: usize): void {
  const panelBytes = keys << 6;
  for (let key: usize = 0; key < keys; key++) {
    let value = from + load<i32>(keysAt + key * KEY, 4);
    let to = into + (key << 6);
    for (let first: usize = 0; first < outputs; first += 16) {
      const lanes = min<usize>(16, outputs - first);
      if (step === 4 && lanes === 16) copySixteen(value, to);
      else {
        for (let i: usize = 0; i < lanes; i++) store<f32>(to + (i << 2), load<f32>(value + i * step));
        memory.fill(to + (lanes << 2), 0, (16 - lanes) << 2);
      }
      value += step << 4;
      to += panelBytes;
    }
  }
}

function copySixteen(from: usize, to: usize): void {
  const a = v128.load(from);
  const b = v128.load(from, 16);
  const c = v128.load(from, 32);
  const d = v128.load(from, 48);
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
}

/** A query's features side by side, times the scale. */
export function packQuery(from: usize, features: usize, step: usize, scale: f32, into: usize): void {
  const fours: usize = step === 4 ? features & ~3 : 0;
  for (let i: usize = 0; i < fours; i += 4) {
    v128.store(into + (i << 2), f32x4.mul(v128.load(from + (i << 2)), f32x4.splat(scale)));
  }
  for (let i = fours; i < features; i++) store<f32>(into + (i << 2), load<f32>(from + i * step) * scale);
}

export function cap(scores: usize, keys: usize, softcap: f64): void {
  for (let at = scores; at < scores + (keys << 2); at += 4) {
    store<f32>(at, <f32>(softcap * hyperbolicTangent(<f64>load<f32>(at) / softcap)));
  }
}

/** Whether the biases of neighbouring keys lie side by side. */
export function biasesLieSide(keysAt: usize, keys: usize): bool {
  for (let key: usize = 0; key < keys; key++) {
    if (load<i32>(keysAt + key * KEY, 8) !== <i32>(key << 2)) return false;
  }
  return true;
}

export function addBias(scores: usize, bias: usize, keysAt: usize, keys: usize, liesSide: bool): void {
  const fours: usize = liesSide ? keys & ~3 : 0;
  for (let i: usize = 0; i < fours << 2; i += 16) {
    v128.store(scores + i, f32x4.add(v128.load(scores + i), v128.load(bias + i)));
  }
  for (let key = fours; key < keys; key++) {
    const at = scores + (key << 2);
    store<f32>(at, load<f32>(at) + load<f32>(bias + load<i32>(keysAt + key * KEY, 8)));
  }
}

/** Adds eight floats to others. */
export function addLine(to: usize, line: usize): void {
  const a = f32x4.add(v128.load(to, SHIFT), v128.load(line, SHIFT));
  const b = f32x4.add(v128.load(to, SHIFT + 16), v128.load(line, SHIFT + 16));
  v128.store(to, a, SHIFT);
  v128.store(to, b, SHIFT + 16);
}

/** The largest of a multiple of 8 scores; NaN counts as none. `eight` is a place for eight floats. */
export function largestOf(scores: usize, end: usize, eight: usize): f32 {
  let at = scores - SHIFT;
  const stop = end - SHIFT;
  let m0 = v128.load(at, SHIFT);
  let m1 = v128.load(at, SHIFT + 16);
  let m2 = v128.load(at, SHIFT);
  let m3 = v128.load(at, SHIFT + 16);
  for (; at + 32 < stop; at += 64) {
    m0 = f32x4.pmax(m0, v128.load(at, SHIFT));
    m1 = f32x4.pmax(m1, v128.load(at, SHIFT + 16));
    m2 = f32x4.pmax(m2, v128.load(at, SHIFT + 32));
    m3 = f32x4.pmax(m3, v128.load(at, SHIFT + 48));
  }
  if (at < stop) {
    m0 = f32x4.pmax(m0, v128.load(at, SHIFT));
    m1 = f32x4.pmax(m1, v128.load(at, SHIFT + 16));
  }
  // V8 pairs what is stored in pairs.
  v128.store(eight, f32x4.pmax(m0, m2), SHIFT);
  v128.store(eight, f32x4.pmax(m1, m3), SHIFT + 16);
  let largest = f32x4.pmax(v128.load(eight, SHIFT), v128.load(eight, SHIFT + 16));
  largest = f32x4.pmax(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(largest, v128.shuffle<i32>(largest, largest, 1, 0, 3, 2)), 0);
}

/** So many lanes of a row of a tile, times a factor, to outputs that are `step` bytes apart. */
export function writeRow(row: usize, lanes: usize, factor: f32, output: usize, step: usize): void {
  if (step === 4 && lanes === 16) {
    const factors = f32x4.splat(factor);
    const a = f32x4.mul(v128.load(row), factors);
    const b = f32x4.mul(v128.load(row, 16), factors);
    const c = f32x4.mul(v128.load(row, 32), factors);
    const d = f32x4.mul(v128.load(row, 48), factors);
    v128.store(output, a);
    v128.store(output, b, 16);
    v128.store(output, c, 32);
    v128.store(output, d, 48);
    return;
  }
  for (let i: usize = 0; i < lanes; i++) store<f32>(output + i * step, load<f32>(row + (i << 2)) * factor);
}
