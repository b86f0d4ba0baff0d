/**
 * The pixels of an image split by brightness, and its gray, in plain loops. `kernel/` has the same in WebAssembly SIMD.
 *
 * Squared brightness is `(241 R² + 691 G² + 68 B²) / 1000`: in steps of 1/1000 a whole number of 26 bits.
 */
import { withChannels } from '../channels.js';

/** Squared brightness of white, in its steps. */
export const WHITE = 255 ** 2 * 1000;

const [RED, GREEN, BLUE] = [241, 691, 68].map((weight) =>
  Int32Array.from({ length: 256 }, (_, value) => weight * value ** 2),
) as [Int32Array, Int32Array, Int32Array];

/** Squared brightness of the first pixel from `at` on. @param rgb `[pixels, 3]` */
export function squaredBrightness(rgb: Uint8Array, at: number): number {
  return RED[rgb[at]!]! + GREEN[rgb[at + 1]!]! + BLUE[rgb[at + 2]!]!;
}

/** Squared brightness from `from` up to, but without, `to`. */
export interface Bracket {
  from: number;
  to: number;
}

/** Where the pixels of an image lie, seen from a bracket. */
export interface Side {
  /** Pixels that are darker than the bracket. */
  below: number;
  /** Squared brightness of the pixels within, in their order. */
  within: Uint32Array;
}

export interface Split {
  /** `[pixels]`, as Pillow's `convert('L')` has it. */
  gray: Uint8Array;
  /** One a bracket. */
  sides: [Side, Side];
}

/** @param rgb `[pixels, 3]` */
export function plainSplit(rgb: Uint8Array, brackets: readonly [Bracket, Bracket]): Split {
  const gray = withChannels({ rows: 1, height: 1, width: rgb.length / 3, data: rgb }, 1, '').data;
  return { gray, sides: [sideOf(rgb, brackets[0]), sideOf(rgb, brackets[1])] };
}

function sideOf(rgb: Uint8Array, { from, to }: Bracket): Side {
  const within: number[] = [];
  let below = 0;
  for (let at = 0; at < rgb.length; at += 3) {
    const value = squaredBrightness(rgb, at);
    if (value < from) below++;
    else if (value < to) within.push(value);
  }
  return { below, within: Uint32Array.from(within) };
}
