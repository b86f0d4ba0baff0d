/**
 * JPEG compression as ImageNet-C's `jpeg_compression` (Pillow's `save(…, 'JPEG', quality=…)`): only what it does to
 * pixels, without entropy coding. ITU-T T.81 (transform, annex A; tables, annex K) and T.871 (colours); the rest as
 * IJG's libjpeg 6b and later: quality scales the tables, colour is halved both ways (4:2:0) by averaging and doubled by
 * a triangle filter, edges are filled by repetition. Float64 where libjpeg has whole numbers: a few values differ by a
 * level or two.
 */
import { cos } from '../../../base/math/index.js';
import type { Image } from '../pixel-batch.js';

// biome-ignore format: a table
/** The constants of JPEG: ITU-T T.81, annexes A.3.3 (the transform) and K.1 (the quantisation tables), in reading order. */
const LUMINANCE: readonly number[] = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];

// biome-ignore format: a table
const CHROMINANCE: readonly number[] = [
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
];

/** `jpeg_quality_scaling` and `jpeg_add_quant_table` of IJG's libjpeg. @param quality 1 to 100; 50 gives the table */
function scaleTable(table: readonly number[], quality: number): Float64Array {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Float64Array.from(table, (step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
}

/** `forward[u, x] = c(u)/2 · cos((2x + 1) u π / 16)`, `c(0) = 1/√2`, else 1; orthonormal, so the inverse is its transpose. */
const forward = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return (u === 0 ? Math.SQRT1_2 : 1) * 0.5 * cos(((2 * x + 1) * u * Math.PI) / 16);
});

export const DCT = { forward, inverse: forward.map((_, i) => forward[(i & 7) * 8 + (i >> 3)]!) };

/** More than float64 rounding of a block, so that halves, which flat blocks are full of, go up as in libjpeg. */
const TIE = 1e-9;

interface Plane {
  height: number;
  width: number;
  data: Float64Array;
}

/** @param quality of the IJG's scale, 1 to 100 */
export function compressJpeg(image: Image, quality: number): Image {
  const [luminance, blue, red] = toYCbCr(image);
  const half = (plane: Plane) => doubled(compressPlane(halved(plane), scaleTable(CHROMINANCE, quality)), image);
  return toRgb(compressPlane(luminance, scaleTable(LUMINANCE, quality)), half(blue), half(red));
}

/** T.871, 7: each rounded to a whole level. */
function toYCbCr({ height, width, data }: Image): [Plane, Plane, Plane] {
  const plane = (): Plane => ({ height, width, data: new Float64Array(height * width) });
  const planes: [Plane, Plane, Plane] = [plane(), plane(), plane()];
  for (let i = 0, from = 0; from < data.length; i++, from += 3) {
    const [r, g, b] = [data[from]!, data[from + 1]!, data[from + 2]!];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    planes[0].data[i] = Math.round(y);
    planes[1].data[i] = Math.min(255, Math.round((b - y) / 1.772 + 128));
    planes[2].data[i] = Math.min(255, Math.round((r - y) / 1.402 + 128));
  }
  return planes;
}

function toRgb({ height, width, data: y }: Plane, { data: blue }: Plane, { data: red }: Plane): Image {
  const data = new Uint8ClampedArray(height * width * 3);
  for (let i = 0, to = 0; i < y.length; i++, to += 3) {
    const [cb, cr] = [blue[i]! - 128, red[i]! - 128];
    data[to] = y[i]! + 1.402 * cr;
    data[to + 1] = y[i]! - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587;
    data[to + 2] = y[i]! + 1.772 * cb;
  }
  return { height, width, data: new Uint8Array(data.buffer) };
}

/** The mean of each 2 × 2 pixels, whole levels, halves up and down in turn as libjpeg has it. */
function halved({ height, width, data }: Plane): Plane {
  const [rows, columns] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  const half = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    const [upper, lower] = [2 * y * width, Math.min(2 * y + 1, height - 1) * width];
    for (let x = 0; x < columns; x++) {
      const [left, right] = [2 * x, Math.min(2 * x + 1, width - 1)];
      const sum = data[upper + left]! + data[upper + right]! + data[lower + left]! + data[lower + right]!;
      half[y * columns + x] = Math.floor((sum + 1 + (x % 2)) / 4);
    }
  }
  return { height: rows, width: columns, data: half };
}

/** Twice as wide and high, cut to a size: three parts of the nearest value and one of the next nearest, both ways. */
function doubled(plane: Plane, { height, width }: { height: number; width: number }): Plane {
  const data = new Float64Array(height * width);
  for (let y = 0, to = 0; y < height; y++) {
    const near = (y >> 1) * plane.width;
    const far = neighbour(y, plane.height) * plane.width;
    for (let x = 0; x < width; x++, to++) {
      const [here, beside] = [x >> 1, neighbour(x, plane.width)];
      const nearest = 3 * plane.data[near + here]! + plane.data[far + here]!;
      const next = 3 * plane.data[near + beside]! + plane.data[far + beside]!;
      data[to] = Math.floor((3 * nearest + next + (x % 2 === 0 ? 8 : 7)) / 16);
    }
  }
  return { height, width, data };
}

function neighbour(position: number, length: number): number {
  const beside = (position >> 1) + (position % 2 === 0 ? -1 : 1);
  return Math.min(length - 1, Math.max(0, beside));
}

/** Every 8 × 8 block to frequencies, those to multiples of the table's steps, and back to whole levels. */
function compressPlane({ height, width, data }: Plane, table: Float64Array): Plane {
  const result = new Float64Array(data.length);
  const block = new Float64Array(64);
  const between = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let i = 0; i < 64; i++) {
        const [y, x] = [Math.min(top + (i >> 3), height - 1), Math.min(left + (i & 7), width - 1)];
        block[i] = data[y * width + x]! - 128;
      }
      transform(block, between, DCT.forward);
      for (let i = 0; i < 64; i++) block[i] = quantised(block[i]!, table[i]!);
      transform(block, between, DCT.inverse);
      for (let i = 0; i < 64; i++) {
        const [y, x] = [top + (i >> 3), left + (i & 7)];
        if (y < height && x < width)
          result[y * width + x] = Math.min(255, Math.max(0, Math.round(block[i]! + 128 + TIE)));
      }
    }
  }
  return { height, width, data: result };
}

/** To a multiple of `step`, halves away from zero; of whole eighths as libjpeg has them, so that halves stay halves. */
function quantised(frequency: number, step: number): number {
  // Most are zero, which is seen at once.
  if (8 * Math.abs(frequency) + 0.5 < 4 * step) return 0;
  const eighths = Math.round(Math.abs(frequency) * 8);
  return Math.sign(frequency) * Math.round(eighths / (8 * step)) * step;
}

/** `M · block · Mᵀ`, in place. */
function transform(block: Float64Array, between: Float64Array, matrix: Float64Array): void {
  multiplyTransposed(block, matrix, between);
  multiplyTransposed(between, matrix, block);
}

/** `target = (M · source)ᵀ`, so that twice gives both axes. Most columns of frequencies are empty. */
function multiplyTransposed(source: Float64Array, matrix: Float64Array, target: Float64Array): void {
  for (let column = 0; column < 8; column++) {
    const [a, b, c, d] = [source[column]!, source[column + 8]!, source[column + 16]!, source[column + 24]!];
    const [e, f, g, h] = [source[column + 32]!, source[column + 40]!, source[column + 48]!, source[column + 56]!];
    if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0 && f === 0 && g === 0 && h === 0) {
      target.fill(0, column * 8, column * 8 + 8);
      continue;
    }
    for (let row = 0, i = 0; row < 8; row++, i += 8) {
      const upper = matrix[i]! * a + matrix[i + 1]! * b + matrix[i + 2]! * c + matrix[i + 3]! * d;
      const lower = matrix[i + 4]! * e + matrix[i + 5]! * f + matrix[i + 6]! * g + matrix[i + 7]! * h;
      target[column * 8 + row] = upper + lower;
    }
  }
}
