/**
 * What an image looks like in numbers, so that drift can be told in words: darker, blurred, noisier, redder, …
 *
 * Brightness and its like are on the scale from 0 (black) to 1 (full), whatever the size of the image. Y is the luma of
 * ITU-R BT.601, `(0.299 R + 0.587 G + 0.114 B) / 255`, of the gamma-encoded values as they are stored. Images are
 * measured as they came, before any resize, because a resize blurs and sharpens by itself. A value is NaN where it is
 * not defined. Those from blockiness on look at some of the rows of a tall image: at 64 for colours, at bands of 16
 * for neighbours.
 *
 * | statistic | formula | range |
 * |---|---|---|
 * | brightness | mean of Y | 0 to 1 |
 * | contrast | standard deviation of Y: RMS contrast (E. Peli, J. Opt. Soc. Am. A 7, 1990) | 0 to 0.5 |
 * | sharpness | variance of the Laplacian of Y (J. Pech-Pacheco et al., ICPR 2000), as OpenCV's `Laplacian(Y, CV_64F).var()` | 0 to 16 |
 * | noise | estimate of the standard deviation of white noise in Y (J. Immerkær, CVIU 64, 1996): `√(π/2) · Σ∣Y∗N∣ / (6 (W−2) (H−2))`, N = [1 −2 1; −2 4 −2; 1 −2 1]; NaN below 3 × 3 pixels | 0 to 1.7 |
 * | saturation | mean of HSV's S, `(max − min) / max` of R, G, B; 0 for black | 0 to 1 |
 * | red, green, blue | means of the channels | 0 to 1 |
 * | blockiness | mean step of Y between blocks of 8 × 8 pixels, over the mean step inside of them: JPEG's blocks (Z. Wang et al., ICIP 2002) | from 0; 1 without blocks |
 * | flat | share of neighbouring pixels with one Y, neither black nor white | 0 to 1 |
 * | impulses | share of pixels whose Y is above that of all four neighbours, or below, by a standard deviation of Y and 16 levels | 0 to 0.5 |
 * | smooth | share of pixels where `∣Y₋₁ − 2 Y + Y₊₁∣` along the row is at most a tenth of the standard deviation of Y | 0 to 1 |
 * | row_stripes, column_stripes | `Σ∣m₋₁ − 2 m + m₊₁∣` of the rows' means, over the mean of it in single columns; and the same of the columns | 0 to 1 |
 * | border | share of the image in rows and columns at its sides that have one colour | 0 to 1 |
 * | clipped_dark, clipped_bright | share of the values of all channels that are 0, that are 255 | 0 to 1 |
 * | levels | different values of green over the number from the smallest to the largest: few after posterising | 0 to 1 |
 * | skewness | third standardised moment of Y | |
 * | hue | angle of the mean colour: of `R − (G + B)/2` and `√3/2 (G − B)`: 0 red, 120 green, 240 blue | 0 to 360 |
 * | hue_axis_x, hue_axis_y | cosine and sine of twice the angle of the axis along which the colours vary most, times how much more they vary along than across it | −1 to 1 |
 * | upright, diagonal | the same of the directions of steps of Y: upright is positive where horizontal edges prevail | −1 to 1 |
 *
 * Textured images raise the noise estimate and the sharpness alike: all of them tell differences between sets of
 * images of a kind, not absolute quality.
 */
import { atan2, pow } from '../../../base/math/index.js';
import { type Image, imagesOf, type PixelBatch } from '../pixel-batch.js';
import { BLOCK, BLUE, countLooked, GREEN, IMAGE_SUMS, type ImageSum, RED, rowsOfColours } from './image-sums.js';
import { sumsOf } from './kernel/sums-kernel.js';

export const IMAGE_STATISTICS = [
  'brightness',
  'contrast',
  'sharpness',
  'noise',
  'saturation',
  'red',
  'green',
  'blue',
  'blockiness',
  'flat',
  'impulses',
  'smooth',
  'row_stripes',
  'column_stripes',
  'border',
  'clipped_dark',
  'clipped_bright',
  'levels',
  'skewness',
  'hue',
  'hue_axis_x',
  'hue_axis_y',
  'upright',
  'diagonal',
] as const;

/** The share of pixels that the range of the weights cut off: a column beside the others where they have a range. */
export const CUT_OFF = 'cut_off';

/** Names of the columns that embed makes. @param range that of the weights */
export function statisticNames(range: readonly number[] | undefined): readonly string[] {
  return range === undefined ? IMAGE_STATISTICS : [...IMAGE_STATISTICS, CUT_OFF];
}

export type ImageStatistic = (typeof IMAGE_STATISTICS)[number];

type Values = Record<ImageStatistic, number>;
type Sums = Readonly<Record<ImageSum, number>>;
type Size = Pick<PixelBatch, 'height' | 'width'>;

const COUNT = IMAGE_STATISTICS.length;
/** Luma of white, in the units of the sums. */
const WHITE = 255 * (RED + GREEN + BLUE);

/** `[rows]` each, in the order of `IMAGE_STATISTICS`. @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY` */
export function imageStatistics(batch: PixelBatch): Map<ImageStatistic, Float32Array> {
  const columns = statisticsColumns(batch);
  const { rows } = batch;
  return new Map(IMAGE_STATISTICS.map((name, i) => [name, columns.subarray(i * rows, (i + 1) * rows)]));
}

/** The same, `[IMAGE_STATISTICS, rows]`. */
export function statisticsColumns(batch: PixelBatch): Float32Array {
  const sums = new SumsOfRow(sumsOf(batch)) as unknown as Sums & SumsOfRow;
  const columns = new Float32Array(COUNT * batch.rows);
  let row = 0;
  for (const image of imagesOf(batch)) {
    sums.first = row * IMAGE_SUMS.length;
    for (const values of partsOf(sums, image)) {
      for (const name of Object.keys(values) as (keyof typeof values)[]) {
        columns[COLUMNS[name] * batch.rows + row] = values[name]!;
      }
    }
    row++;
  }
  return columns;
}

const COLUMNS = Object.fromEntries(IMAGE_STATISTICS.map((name, column) => [name, column])) as Values;

/** The sums of one row by name, without an object for each. */
class SumsOfRow {
  first = 0;
  readonly all: Float64Array;

  /** @param all `[rows, IMAGE_SUMS]` */
  constructor(all: Float64Array) {
    this.all = all;
  }
}

for (const [i, name] of IMAGE_SUMS.entries()) {
  Object.defineProperty(SumsOfRow.prototype, name, {
    get(this: SumsOfRow) {
      return this.all[this.first + i];
    },
  });
}

/** All statistics of an image. They are not put together into one object: of thousands of images that takes longer than the rest. */
function partsOf(sums: Sums, image: Image): readonly Partial<Values>[] {
  const border = borderShare(image);
  return [lightOf(sums, image), neighboursOf(sums, image), coloursOf(sums, image), directionsOf(sums), { border }];
}

function lightOf(sums: Sums, { height, width }: Size) {
  const pixels = height * width;
  /** The number of pixels that are not at the border; NaN where there are none. */
  const inner = Math.min(height, width) < 3 ? Number.NaN : (width - 2) * (height - 2);
  const mean = (RED * sums.red + GREEN * sums.green + BLUE * sums.blue) / pixels;
  return {
    brightness: mean / WHITE,
    contrast: Math.sqrt(variance(sums.squares / pixels, mean)) / WHITE,
    sharpness: variance(sums.squaredLaplacian / pixels, sums.laplacian / pixels) / WHITE ** 2,
    noise: (Math.sqrt(Math.PI / 2) * sums.noise) / (6 * inner) / WHITE,
    saturation: sums.saturation / pixels,
    red: sums.red / pixels / 255,
    green: sums.green / pixels / 255,
    blue: sums.blue / pixels / 255,
  };
}

function neighboursOf(sums: Sums, { height, width }: Size) {
  const rows = countLooked(height);
  const [across, down] = [rows.all * (width - 1), rows.pairs * width];
  const blocks = rows.all * Math.floor((width - 1) / BLOCK) + rows.blocks * width;
  const between = sums.acrossBlocks + sums.downBlocks;
  const inside = (sums.across + sums.down - between) / (across + down - blocks);
  return {
    blockiness: ratio(between / blocks, inside),
    flat: ratio(sums.equal, across + down),
    impulses: ratio(sums.impulses, Math.max(0, width - 2) * rows.inner),
    smooth: ratio(sums.smooth, Math.max(0, width - 2) * rows.all),
    row_stripes: ratio(sums.rowBend, sums.bendDown),
    column_stripes: ratio(sums.columnBend, sums.bendAcross),
  };
}

function coloursOf(sums: Sums, { height, width }: Size) {
  const pixels = rowsOfColours(height) * width;
  const { chromaPP, chromaQQ, chromaPQ } = sums;
  // Colours as A = R − (G + B)/2 and B = √3/2 (G − B), from P = R − G and Q = G − B.
  const [aa, bb] = [chromaPP + chromaPQ + chromaQQ / 4, (3 / 4) * chromaQQ];
  const ab = (Math.sqrt(3) / 2) * (chromaPQ + chromaQQ / 2);
  return {
    clipped_dark: sums.dark / (3 * pixels),
    clipped_bright: sums.bright / (3 * pixels),
    levels: sums.levels / (sums.levelRange + 1),
    skewness: skewnessOf(sums, pixels),
    hue: hueOf(sums),
    hue_axis_x: ratio(aa - bb, aa + bb),
    hue_axis_y: ratio(2 * ab, aa + bb),
  };
}

function directionsOf({ gradientXX, gradientYY, gradientXY }: Sums) {
  const all = gradientXX + gradientYY;
  return { upright: ratio(gradientYY - gradientXX, all), diagonal: ratio(2 * gradientXY, all) };
}

/** In degrees; NaN for gray. */
function hueOf({ red, green, blue }: Sums): number {
  const [a, b] = [red - (green + blue) / 2, (Math.sqrt(3) / 2) * (green - blue)];
  if (a === 0 && b === 0) return Number.NaN;
  return ((atan2(b, a) * 180) / Math.PI + 360) % 360;
}

function skewnessOf({ luma, lumaSquared, lumaCubed }: Sums, pixels: number): number {
  const mean = luma / pixels;
  const deviation = Math.sqrt(variance(lumaSquared / pixels, mean));
  return ratio(lumaCubed / pixels - 3 * mean * (lumaSquared / pixels) + 2 * pow(mean, 3), pow(deviation, 3));
}

function ratio(a: number, b: number): number {
  return b > 0 ? a / b : Number.NaN;
}

/** The sums are of whole numbers and exact for usual sizes; beyond, rounding must not make a variance negative. */
function variance(meanSquare: number, mean: number): number {
  return Math.max(0, meanSquare - mean * mean);
}

/** Levels by which pixels of a border may differ: JPEG leaves a ripple. */
const TOLERANCE = 8;

/** The share of an image, 0 to 1, in bars of one colour at its sides; 1 for an image of one colour. */
function borderShare(image: Image): number {
  const { height, width } = image;
  const top = uniformLines(image, true, 1);
  if (top === height) return 1;
  const bottom = uniformLines(image, true, -1);
  const left = uniformLines(image, false, 1);
  const right = uniformLines(image, false, -1);
  return 1 - ((height - top - bottom) * (width - left - right)) / (height * width);
}

/** Rows, or columns, from one side on that have the colour of the corner. */
function uniformLines({ height, width, data }: Image, ofRows: boolean, direction: 1 | -1): number {
  const [lines, length] = ofRows ? [height, width] : [width, height];
  const [lineStep, step] = ofRows ? [3 * width, 3] : [3, 3 * width];
  const first = direction === 1 ? 0 : (lines - 1) * lineStep;
  for (let line = 0; line < lines; line++) {
    let at = first + direction * line * lineStep;
    for (let i = 0; i < length; i++, at += step) if (!isAlike(data, first, at)) return line;
  }
  return lines;
}

function isAlike(data: Uint8Array, a: number, b: number): boolean {
  return (
    Math.abs(data[a]! - data[b]!) <= TOLERANCE &&
    Math.abs(data[a + 1]! - data[b + 1]!) <= TOLERANCE &&
    Math.abs(data[a + 2]! - data[b + 2]!) <= TOLERANCE
  );
}
