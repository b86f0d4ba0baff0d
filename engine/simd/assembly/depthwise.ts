/**
 * Convolutions of each channel by itself. A unit of 6 rows and 16 channels is computed as two of 3 rows: 12 accumulators
 * of 128 bits, which no compiler has to spill; the time goes into loads anyway.
 */
import { madd } from './madd';
import { Depthwise } from './parameters';
import { optional, word } from './word';

export function depthwise(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const rowTiles = <u32>word(params, Depthwise.rowTiles);
  const rowsAt = word(params, Depthwise.rowsAt);
  const taps = word(params, Depthwise.tapsAt);
  const tapsEnd = taps + (word(params, Depthwise.taps) << 3);
  const clamp = word(params, Depthwise.clampAt);
  const residuals = optional(arena, word(params, Depthwise.residualOffset));

  for (let unit = from; unit < to; unit++) {
    const channel = (<usize>(unit / rowTiles)) << 6;
    const rows = rowsAt + <usize>(unit % rowTiles) * 48;
    const input = arena + word(params, Depthwise.inputOffset) + channel;
    const output = arena + word(params, Depthwise.outputOffset) + channel;
    const residual = residuals === 0 ? 0 : residuals + channel;
    const weights = word(params, Depthwise.weightsAt) + channel;
    const bias = word(params, Depthwise.biasAt) + channel;
    threeRows(rows, input, output, residual, weights, bias, clamp, taps, tapsEnd);
    if (load<i32>(rows, 28) !== load<i32>(rows, 20)) {
      threeRows(rows + 24, input, output, residual, weights, bias, clamp, taps, tapsEnd);
    }
  }
}

function threeRows(
  rows: usize,
  input: usize,
  output: usize,
  residual: usize,
  weights: usize,
  bias: usize,
  clamp: usize,
  taps: usize,
  tapsEnd: usize,
): void {
  const row0 = input + load<i32>(rows);
  const row1 = input + load<i32>(rows, 8);
  const row2 = input + load<i32>(rows, 16);
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let a2 = v128.load(bias, 32);
  let a3 = v128.load(bias, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let c0 = a0;
  let c1 = a1;
  let c2 = a2;
  let c3 = a3;
  for (let tap = taps; tap < tapsEnd; tap += 8) {
    const offset = load<i32>(tap);
    const weight = weights + load<i32>(tap, 4);
    const w0 = v128.load(weight);
    const w1 = v128.load(weight, 16);
    const w2 = v128.load(weight, 32);
    const w3 = v128.load(weight, 48);
    a0 = madd(v128.load(row0 + offset), w0, a0);
    a1 = madd(v128.load(row0 + offset, 16), w1, a1);
    a2 = madd(v128.load(row0 + offset, 32), w2, a2);
    a3 = madd(v128.load(row0 + offset, 48), w3, a3);
    b0 = madd(v128.load(row1 + offset), w0, b0);
    b1 = madd(v128.load(row1 + offset, 16), w1, b1);
    b2 = madd(v128.load(row1 + offset, 32), w2, b2);
    b3 = madd(v128.load(row1 + offset, 48), w3, b3);
    c0 = madd(v128.load(row2 + offset), w0, c0);
    c1 = madd(v128.load(row2 + offset, 16), w1, c1);
    c2 = madd(v128.load(row2 + offset, 32), w2, c2);
    c3 = madd(v128.load(row2 + offset, 48), w3, c3);
  }
  finish(output, residual, load<i32>(rows, 4), clamp, a0, a1, a2, a3);
  finish(output, residual, load<i32>(rows, 12), clamp, b0, b1, b2, b3);
  finish(output, residual, load<i32>(rows, 20), clamp, c0, c1, c2, c3);
}

/** Adds the residual, clamps, stores 16 channels of a row. */
function finish(
  output: usize,
  residual: usize,
  offset: i32,
  clamp: usize,
  sum0: v128,
  sum1: v128,
  sum2: v128,
  sum3: v128,
): void {
  const low0 = v128.load(clamp);
  const low1 = v128.load(clamp, 16);
  const high0 = v128.load(clamp, 32);
  const high1 = v128.load(clamp, 48);
  const to = output + offset;
  if (residual !== 0) {
    const at = residual + offset;
    const r0 = f32x4.add(sum0, v128.load(at));
    const r1 = f32x4.add(sum1, v128.load(at, 16));
    const r2 = f32x4.add(sum2, v128.load(at, 32));
    const r3 = f32x4.add(sum3, v128.load(at, 48));
    v128.store(to, f32x4.pmin(f32x4.pmax(r0, low0), high0));
    v128.store(to, f32x4.pmin(f32x4.pmax(r1, low1), high1), 16);
    v128.store(to, f32x4.pmin(f32x4.pmax(r2, low0), high0), 32);
    v128.store(to, f32x4.pmin(f32x4.pmax(r3, low1), high1), 48);
  } else {
    v128.store(to, f32x4.pmin(f32x4.pmax(sum0, low0), high0));
    v128.store(to, f32x4.pmin(f32x4.pmax(sum1, low1), high1), 16);
    v128.store(to, f32x4.pmin(f32x4.pmax(sum2, low0), high0), 32);
    v128.store(to, f32x4.pmin(f32x4.pmax(sum3, low1), high1), 48);
  }
}
