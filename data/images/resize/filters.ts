/** Pillow's resampling filters, as its src/libImaging/Resample.c computes them, to the last bit of float64. */

/** How `Image.resize` may interpolate, by Pillow's names. */
export type Interpolation = 'bilinear' | 'bicubic' | 'lanczos' | 'box' | 'hamming' | 'nearest';

/** Those that mix pixels; `nearest` only picks one. */
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
  return (Math.sin(angle) / angle) * (HAMMING_MEAN + HAMMING_SWING * Math.cos(angle));
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
  return Math.sin(angle) / angle;
}
