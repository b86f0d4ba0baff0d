/**
 * Sums over single pixels that tell clipping, hue, skewness and missing levels, in plain loops. `kernel/` has the same in
 * WebAssembly SIMD. All of them are whole numbers. Of a tall image only some rows are looked at, evenly spread.
 */
import type { Image } from '../pixel-batch.js';

export const COLOUR_SUMS = [
  /** Values of a channel that are 0, and that are 255. */
  'dark',
  'bright',
  /** Second moments of P = R − G and Q = G − B. */
  'chromaPP',
  'chromaQQ',
  'chromaPQ',
  /** Powers of luma in steps of 1.024 grey levels. */
  'luma',
  'lumaSquared',
  'lumaCubed',
  /** Different values of green, and how far the largest is from the smallest. */
  'levels',
  'levelRange',
] as const;

export type ColourSums = Record<(typeof COLOUR_SUMS)[number], number>;

/** At most so many rows are looked at. */
const MOST_ROWS = 64;

/** Rows from one that is looked at to the next. */
function rowStep(height: number): number {
  return Math.ceil(height / MOST_ROWS);
}

/** Rows that are looked at. */
export function rowsOfColours(height: number): number {
  return Math.ceil(height / rowStep(height));
}

/** @param luma of the pixels, in thousandths of a grey level */
export function sumColours({ height, width, data }: Image, luma: Int32Array): ColourSums {
  const [pixels, step] = [rowsOfColours(height) * width, rowStep(height)];
  const rgb = new Uint8Array(3 * pixels);
  const y = new Int32Array(pixels);
  for (let to = 0, from = 0; to < pixels; to += width, from += step * width) {
    rgb.set(data.subarray(3 * from, 3 * (from + width)), 3 * to);
    y.set(luma.subarray(from, from + width), to);
  }
  return { ...chroma(rgb), ...powers(y), ...levelsOf(rgb) };
}

function chroma(data: Uint8Array): Omit<ColourSums, 'luma' | 'lumaSquared' | 'lumaCubed' | 'levels' | 'levelRange'> {
  let [dark, bright, chromaPP, chromaQQ, chromaPQ] = [0, 0, 0, 0, 0];
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!];
    dark += (red === 0 ? 1 : 0) + (green === 0 ? 1 : 0) + (blue === 0 ? 1 : 0);
    bright += (red === 255 ? 1 : 0) + (green === 255 ? 1 : 0) + (blue === 255 ? 1 : 0);
    const [p, q] = [red - green, green - blue];
    chromaPP += p * p;
    chromaQQ += q * q;
    chromaPQ += p * q;
  }
  return { dark, bright, chromaPP, chromaQQ, chromaPQ };
}

function powers(luma: Int32Array): Pick<ColourSums, 'luma' | 'lumaSquared' | 'lumaCubed'> {
  let [sum, squared, cubed] = [0, 0, 0];
  for (const value of luma) {
    const y = value >> 10;
    sum += y;
    squared += y * y;
    cubed += y * y * y;
  }
  return { luma: sum, lumaSquared: squared, lumaCubed: cubed };
}

function levelsOf(data: Uint8Array): Pick<ColourSums, 'levels' | 'levelRange'> {
  const seen = new Uint8Array(256);
  for (let at = 1; at < data.length; at += 3) seen[data[at]!] = 1;
  const levels = seen.reduce((sum, value) => sum + value, 0);
  return { levels, levelRange: seen.lastIndexOf(1) - seen.indexOf(1) };
}
