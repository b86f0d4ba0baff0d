/** Taps as the kernel (`assembly/resize.ts`) reads them: in pairs, with weights in two halves. */
import type { Taps } from '../taps.js';

/** Bits of the lower half of a weight, as in the kernel. */
const LOWER_BITS = 12;
const LOWER_MASK = 2 ** LOWER_BITS - 1;
/** 32-bit words of a pair: both upper halves, both lower halves. */
const WORDS = 2;

export interface PackedTaps {
  positions: number;
  /** Pairs of input positions that every position reads. */
  pairs: number;
  /** First input position, by output position. */
  firsts: Int32Array;
  /** `[positions, pairs, 2]` */
  words: Int32Array;
}

/** By the settings; taps are shared between images of one size. */
const packed = new WeakMap<Taps, Map<string, PackedTaps>>();

/**
 * The result is shared: nobody may change it.
 *
 * @param together pairs that the kernel takes at once: a position has a multiple of them, of which the last may have no
 *   weight
 * @param size input positions there are. Only where they are fewer than `2 · pairs` does a position read beyond them, and
 *   then such as have no weight.
 */
export function packTaps(taps: Taps, size: number, together = 1): PackedTaps {
  const known = packed.get(taps) ?? new Map<string, PackedTaps>();
  packed.set(taps, known);
  const key = `${size} ${together}`;
  const found = known.get(key) ?? pack(taps, size, together);
  known.set(key, found);
  return found;
}

function pack({ first, count, weights, stride }: Taps, size: number, together: number): PackedTaps {
  const positions = first.length;
  const pairs = Math.ceil(Math.max(...count) / (2 * together)) * together;
  const firsts = new Int32Array(positions);
  const words = new Int32Array(positions * pairs * WORDS);
  for (let position = 0; position < positions; position++) {
    const start = Math.max(0, Math.min(first[position]!, size - 2 * pairs));
    firsts[position] = start;
    const skipped = first[position]! - start;
    for (let tap = 0; tap < count[position]!; tap++) {
      const weight = weights[position * stride + tap]!;
      const at = skipped + tap;
      const word = (position * pairs + (at >> 1)) * WORDS;
      const shift = (at & 1) * 16;
      words[word]! |= ((weight >> LOWER_BITS) & 0xffff) << shift;
      words[word + 1]! |= (weight & LOWER_MASK) << shift;
    }
  }
  return { positions, pairs, firsts, words };
}
