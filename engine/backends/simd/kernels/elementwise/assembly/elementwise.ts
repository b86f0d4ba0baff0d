/**
 * Sums of two activations, and copies of channels from one row length to another.
 *
 * Pointers lie `SHIFT` before their vectors, see `printing/text.ts`.
 */
import { SHIFT } from '../../../printing/assembly/sizes';
import { optional, word } from '../../../printing/assembly/word';
import { Add, CopyChannels } from './words';

/** Bytes of a unit of `add`: 1,024 floats. */
const UNIT: usize = 4096;

export function add(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const start = <usize>from * UNIT;
  const bytes = word(params, Add.floats) << 2;
  const length = min(<usize>to * UNIT, bytes);
  const clamp = word(params, Add.clampAt) - SHIFT;
  let a = arena + word(params, Add.aOffset) + start - SHIFT;
  let b = optional(arena, word(params, Add.bOffset));
  let output = arena + word(params, Add.outputOffset) + start - SHIFT;
  const end = output + length - start;
  const low0 = v128.load(clamp, SHIFT);
  const low1 = v128.load(clamp, SHIFT + 16);
  const high0 = v128.load(clamp, SHIFT + 32);
  const high1 = v128.load(clamp, SHIFT + 48);

  if (b === 0) {
    while (output < end) {
      const sum0 = v128.load(a, SHIFT);
      const sum1 = v128.load(a, SHIFT + 16);
      v128.store(output, f32x4.pmin(f32x4.pmax(sum0, low0), high0), SHIFT);
      v128.store(output, f32x4.pmin(f32x4.pmax(sum1, low1), high1), SHIFT + 16);
      a += 32;
      output += 32;
    }
    return;
  }
  b += start - SHIFT;
  while (output < end) {
    const sum0 = f32x4.add(v128.load(a, SHIFT), v128.load(b, SHIFT));
    const sum1 = f32x4.add(v128.load(a, SHIFT + 16), v128.load(b, SHIFT + 16));
    v128.store(output, f32x4.pmin(f32x4.pmax(sum0, low0), high0), SHIFT);
    v128.store(output, f32x4.pmin(f32x4.pmax(sum1, low1), high1), SHIFT + 16);
    a += 32;
    b += 32;
    output += 32;
  }
}

export function copyChannels(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputBytes = word(params, CopyChannels.inputStride) << 2;
  const outputBytes = word(params, CopyChannels.outputStride) << 2;
  const bytes = word(params, CopyChannels.channels) << 2;
  let input = arena + word(params, CopyChannels.inputOffset) - SHIFT + from * inputBytes;
  let output = arena + word(params, CopyChannels.outputOffset) - SHIFT + from * outputBytes;
  const pairs = bytes & ~31;

  for (let row = from; row < to; row++) {
    let i: usize = 0;
    for (; i < pairs; i += 32) {
      const low = v128.load(input + i, SHIFT);
      const high = v128.load(input + i, SHIFT + 16);
      v128.store(output + i, low, SHIFT);
      v128.store(output + i, high, SHIFT + 16);
    }
    for (; i < bytes; i += 4) store<f32>(output + i, load<f32>(input + i, SHIFT), SHIFT);
    input += inputBytes;
    output += outputBytes;
  }
}
