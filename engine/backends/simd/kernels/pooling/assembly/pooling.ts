/**
 * Pooling: elementwise over the floats of a position, 16 at a time, with the taps in the inner loop.
 *
 * Pointers lie `SHIFT` before their vectors, see `printing/text.ts`.
 */
import { SHIFT } from '../../../printing/assembly/sizes';
import { word } from '../../../printing/assembly/word';
import { AveragePool, MaxPool } from './words';

export function maxPool(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const input = arena + word(params, MaxPool.inputOffset) - SHIFT;
  const output = arena + word(params, MaxPool.outputOffset) - SHIFT;
  const positions = word(params, MaxPool.positionsAt);
  const taps = word(params, MaxPool.tapsAt);
  const tapsEnd = taps + (word(params, MaxPool.taps) << 2);
  const bytes = word(params, MaxPool.floats) << 2;
  const clamp = word(params, MaxPool.clampAt) - SHIFT;

  for (let unit = from; unit < to; unit++) {
    const position = positions + ((<usize>unit) << 3);
    let source = input + load<i32>(position);
    let target = output + load<i32>(position, 4);
    // Not the end of the source: the first tap may see a place before the input, even before address 0.
    const end = target + bytes;
    while (target < end) {
      let tap = taps;
      let at = source + load<i32>(tap);
      let m0 = v128.load(at, SHIFT);
      let m1 = v128.load(at, SHIFT + 16);
      let m2 = v128.load(at, SHIFT + 32);
      let m3 = v128.load(at, SHIFT + 48);
      tap += 4;
      while (tap < tapsEnd) {
        at = source + load<i32>(tap);
        m0 = f32x4.pmax(m0, v128.load(at, SHIFT));
        m1 = f32x4.pmax(m1, v128.load(at, SHIFT + 16));
        m2 = f32x4.pmax(m2, v128.load(at, SHIFT + 32));
        m3 = f32x4.pmax(m3, v128.load(at, SHIFT + 48));
        tap += 4;
      }
      const low0 = v128.load(clamp, SHIFT);
      const low1 = v128.load(clamp, SHIFT + 16);
      const high0 = v128.load(clamp, SHIFT + 32);
      const high1 = v128.load(clamp, SHIFT + 48);
      m0 = f32x4.pmin(f32x4.pmax(m0, low0), high0);
      m1 = f32x4.pmin(f32x4.pmax(m1, low1), high1);
      m2 = f32x4.pmin(f32x4.pmax(m2, low0), high0);
      m3 = f32x4.pmin(f32x4.pmax(m3, low1), high1);
      v128.store(target, m0, SHIFT);
      v128.store(target, m1, SHIFT + 16);
      v128.store(target, m2, SHIFT + 32);
      v128.store(target, m3, SHIFT + 48);
      source += 64;
      target += 64;
    }
  }
}

export function averagePool(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const input = arena + word(params, AveragePool.inputOffset) - SHIFT;
  const output = arena + word(params, AveragePool.outputOffset) - SHIFT;
  const positions = word(params, AveragePool.positionsAt);
  const taps = word(params, AveragePool.tapsAt);
  const tapsEnd = taps + (word(params, AveragePool.taps) << 2);
  const bytes = word(params, AveragePool.floats) << 2;
  const clamp = word(params, AveragePool.clampAt) - SHIFT;
  const divisor = word(params, AveragePool.divisorAt) - SHIFT;

  for (let unit = from; unit < to; unit++) {
    const position = positions + ((<usize>unit) << 3);
    let source = input + load<i32>(position);
    let target = output + load<i32>(position, 4);
    const end = target + bytes;
    while (target < end) {
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      for (let tap = taps; tap < tapsEnd; tap += 4) {
        const at = source + load<i32>(tap);
        s0 = f32x4.add(s0, v128.load(at, SHIFT));
        s1 = f32x4.add(s1, v128.load(at, SHIFT + 16));
        s2 = f32x4.add(s2, v128.load(at, SHIFT + 32));
        s3 = f32x4.add(s3, v128.load(at, SHIFT + 48));
      }
      const divisor0 = v128.load(divisor, SHIFT);
      const divisor1 = v128.load(divisor, SHIFT + 16);
      const low0 = v128.load(clamp, SHIFT);
      const low1 = v128.load(clamp, SHIFT + 16);
      const high0 = v128.load(clamp, SHIFT + 32);
      const high1 = v128.load(clamp, SHIFT + 48);
      s0 = f32x4.pmin(f32x4.pmax(f32x4.div(s0, divisor0), low0), high0);
      s1 = f32x4.pmin(f32x4.pmax(f32x4.div(s1, divisor1), low1), high1);
      s2 = f32x4.pmin(f32x4.pmax(f32x4.div(s2, divisor0), low0), high0);
      s3 = f32x4.pmin(f32x4.pmax(f32x4.div(s3, divisor1), low1), high1);
      v128.store(target, s0, SHIFT);
      v128.store(target, s1, SHIFT + 16);
      v128.store(target, s2, SHIFT + 32);
      v128.store(target, s3, SHIFT + 48);
      source += 64;
      target += 64;
    }
  }
}
