/** How the positions along one axis of a resized image are mixed from those of the original. */
import { FILTERS, type MixingInterpolation } from './filters.js';

/** 8 bits for the result and 2 for overflow are left of 32 (Pillow's `PRECISION_BITS`). */
export const PRECISION_BITS = 32 - 8 - 2;
const ONE = 2 ** PRECISION_BITS;

/** A value is `Σ weight · input`, with half of the unit added, shifted right by `PRECISION_BITS`, clipped to a byte. */
export interface Taps {
  /** First input position, by output position. */
  first: Int32Array;
  /** Number of input positions, by output position; at least 1. */
  count: Int32Array;
  /** Fixed-point weights, `stride` an output position, `count` of them used. */
  weights: Int32Array;
  stride: number;
}

/** Images of a folder often have the same few sizes. */
const KEPT = 32;
const kept = new Map<string, Taps>();

/** Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`. The result is shared: nobody may change it. */
export function tapsOf(inSize: number, outSize: number, interpolation: MixingInterpolation): Taps {
  const key = `${inSize} ${outSize} ${interpolation}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const taps = computeTaps(inSize, outSize, interpolation);
  const oldest = kept.keys().next();
  if (kept.size >= KEPT && !oldest.done) kept.delete(oldest.value);
  kept.set(key, taps);
  return taps;
}

/** Parts of the taps that are kept: a folder's images are cropped in a few ways. */
const parts = new WeakMap<Taps, Map<string, Taps>>();

/**
 * The taps of the output positions `from` to `to - 1`, reading an axis that begins at input position `shift`. The result is
 * shared, too.
 */
export function partOfTaps(taps: Taps, from: number, to: number, shift = 0): Taps {
  if (from === 0 && to === taps.first.length && shift === 0) return taps;
  const known = parts.get(taps) ?? new Map<string, Taps>();
  parts.set(taps, known);
  const key = `${from} ${to} ${shift}`;
  const part = known.get(key) ?? takePart(taps, from, to, shift);
  if (known.size < KEPT) known.set(key, part);
  return part;
}

function takePart({ first, count, weights, stride }: Taps, from: number, to: number, shift: number): Taps {
  return {
    first: first.slice(from, to).map((position) => position - shift),
    count: count.subarray(from, to),
    weights: weights.subarray(from * stride, to * stride),
    stride,
  };
}

/** The input positions that taps read: from the first to before the last. */
export function span({ first, count }: Taps): [from: number, to: number] {
  const last = first.length - 1;
  return [first[0]!, first[last]! + count[last]!];
}

function computeTaps(inSize: number, outSize: number, interpolation: MixingInterpolation): Taps {
  const filter = FILTERS[interpolation];
  const scale = inSize / outSize;
  const filterScale = Math.max(1, scale);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const taps: Taps = {
    first: new Int32Array(outSize),
    count: new Int32Array(outSize),
    weights: new Int32Array(outSize * stride),
    stride,
  };
  const inverse = 1 / filterScale;
  const exact = new Float64Array(stride);
  for (let position = 0; position < outSize; position++) {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - first;
    let total = 0;
    for (let tap = 0; tap < count; tap++) {
      exact[tap] = filter.weight((tap + first - center + 0.5) * inverse);
      total += exact[tap]!;
    }
    for (let tap = 0; tap < count; tap++) {
      const share = total === 0 ? exact[tap]! : exact[tap]! / total;
      taps.weights[position * stride + tap] = Math.trunc((share < 0 ? -0.5 : 0.5) + share * ONE);
    }
    taps.first[position] = first;
    taps.count[position] = count;
  }
  return taps;
}
