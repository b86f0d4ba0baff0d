/** How `Image.resize` may interpolate, by Pillow's names. */
import { cos, sin } from '../../../base/math/index.js';
export type Interpolation = 'bilinear' | 'bicubic' | 'lanczos' | 'box' | 'hamming' | 'nearest';

export type MixingInterpolation = Exclude<Interpolation, 'nearest'>;

export interface Filter {
  /** Half the width of the filter, in pixels of the smaller of the two images. */
  support: number;
  /** @param x distance from the centre, in the same pixels */
  weight(x: number): number;
}

/** Catmull-Rom. Most photo libraries have -0.5 here, OpenCV has -0.75. */
const CUBIC = -0.5;
/** C's `0.54f` and `0.46f` are rounded to float32 before they are computed with. */
const [HAMMING_MEAN, HAMMING_SWING] = [Math.fround(0.54), Math.fround(0.46)];

/** Pillow's resampling filters, as its src/libImaging/Resample.c computes them, to the last bit of float64. */
export const FILTERS: Readonly<Record<MixingInterpolation, Filter>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weight: hamming },
  bicubic: { support: 2, weight: bicubic },
  lanczos: { support: 3, weight: (x) => (-3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function hamming(x: number): number {
  const distance = Math.abs(x);
  if (distance === 0) return 1;
  if (distance >= 1) return 0;
  const angle = distance * Math.PI;
  return (sin(angle) / angle) * (HAMMING_MEAN + HAMMING_SWING * cos(angle));
}

function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return ((CUBIC + 2) * distance - (CUBIC + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * CUBIC;
  return 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return sin(angle) / angle;
}

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

/** One image, `[height, width, channels]`, row-major: RGB or gray. */
export interface Raster {
  height: number;
  width: number;
  channels: 1 | 3;
  data: Uint8Array;
}

export interface Pass {
  axis: 'columns' | 'rows';
  taps: Taps;
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

/** Taps of the outputs `from` to `to - 1`, on an axis that begins at input `shift`. The result is shared, too. */
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

export interface Window {
  top: number;
  left: number;
  height: number;
  width: number;
}
