/**
 * Sums over an image's pixels, from `kernel/`. Luma is in thousandths of a grey level, so that sums are whole, and
 * exact up to 2⁵³. Neighbours beyond the border are mirrored, without repeating the edge pixel (OpenCV's default).
 */

/** Over single pixels: clipping, hue, skewness and missing levels. */
const COLOUR_SUMS = [
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

/** Over neighbours: compression, coarse and broken pixels, stripes and directions. */
const STRUCTURE_SUMS = [
  /** Steps to the right neighbour and to the one below, without their sign; and those of them from one block of 8 to the next. */
  'across',
  'acrossBlocks',
  'down',
  'downBlocks',
  /** `∣left − 2 centre + right∣`, of pixels that have both; and the same of above and below, of rows of one band. */
  'bendAcross',
  'bendDown',
  /** Pixels, of those that have both neighbours, whose `bendAcross` is at most a tenth of the standard deviation of luma. */
  'smooth',
  /** Pixels that lie above, or below, all four neighbours by at least a standard deviation of luma, and by 16 levels. */
  'impulses',
  /** Pairs of neighbours with one luma that is not black and not white. */
  'equal',
  /** Second moments of the steps across and down, in steps of 0.512 grey levels. */
  'gradientXX',
  'gradientYY',
  'gradientXY',
  /** `∣above − 2 row + below∣` of the rows' sums, of rows of one band; and the same of the columns'. */
  'rowBend',
  'columnBend',
] as const;

/** In this order. */
export const IMAGE_SUMS = [
  'red',
  'green',
  'blue',
  /** HSV's S, 0 to 1, of each pixel rounded to float32. */
  'saturation',
  'squares',
  'laplacian',
  'squaredLaplacian',
  /** Luma ∗ [1 −2 1; −2 4 −2; 1 −2 1], without its sign; of pixels that are not at the border. */
  'noise',
  ...COLOUR_SUMS,
  ...STRUCTURE_SUMS,
] as const;

export type ImageSum = (typeof IMAGE_SUMS)[number];

/** BT.601 in thousandths. */
export const [RED, GREEN, BLUE] = [299, 587, 114];

/** Most rows, evenly spread, that the sums of colours look at. */
const MOST_COLOUR_ROWS = 64;

export function rowsOfColours(height: number): number {
  return Math.ceil(height / Math.ceil(height / MOST_COLOUR_ROWS));
}

/** JPEG's blocks. */
export const BLOCK = 8;
/** Rows of a band, and rows of an image of which the sums of structure look at all bands: of a taller one, bands evenly spread. */
const BAND = 16;
const MOST_ROWS = 128;

export interface LookedRows {
  all: number;
  /** Those that have a row below. */
  pairs: number;
  /** Those of them that end a block. */
  blocks: number;
  /** Those between two rows. */
  inner: number;
}

export function countLooked(height: number): LookedRows {
  const rows = { all: 0, pairs: 0, blocks: 0, inner: 0 };
  for (let y = 0; y < height; y++) {
    if (!isLooked(y, height)) continue;
    rows.all++;
    if (y + 1 === height) continue;
    rows.pairs++;
    if (y % BLOCK === BLOCK - 1) rows.blocks++;
    if (y > 0) rows.inner++;
  }
  return rows;
}

function isLooked(y: number, height: number): boolean {
  return Math.floor(y / BAND) % Math.ceil(height / MOST_ROWS) === 0;
}
