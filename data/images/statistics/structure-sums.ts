/**
 * Sums over neighbouring pixels that tell compression, coarse and broken pixels, stripes and directions, in plain loops.
 * `kernel/` has the same in WebAssembly SIMD. All of them are whole numbers. Luma is in thousandths of a grey level. Of a
 * tall image, only bands of sixteen rows are looked at, evenly spread.
 */

export const STRUCTURE_SUMS = [
  /** Steps to the right neighbour and to the one below, without their sign; and those of them from one block of 8 to the next. */
  'across',
  'acrossBlocks',
  'down',
  'downBlocks',
  /** `∣left − 2 centre + right∣`, of pixels that have both; and the same of above and below, of rows of one band. */
  'bendAcross',
  'bendDown',
  /** Pixels, of those that have both neighbours, whose `bendAcross` is at most `SMOOTH` standard deviations of luma. */
  'smooth',
  /** Pixels that lie above, or below, all four neighbours by at least a standard deviation of luma, and by `LEAST_IMPULSE`. */
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

export type StructureSums = Record<(typeof STRUCTURE_SUMS)[number], number>;

export interface LumaImage {
  /** `[height, width]` and maybe more behind. */
  luma: Int32Array;
  height: number;
  width: number;
  /** Standard deviation of luma. */
  deviation: number;
}

/** Share of a standard deviation within which three pixels lie on a line. */
export const SMOOTH = 0.1;
/** Sixteen grey levels. */
export const LEAST_IMPULSE = 16_000;
/** Luma of white. */
const WHITE = 255_000;
/** Steps are shifted so that the sums of their products stay small. */
const SHIFT = 9;
/** JPEG's blocks. */
const BLOCK = 8;
/** Rows of a band, and rows of an image of which all bands are looked at. */
const BAND = 16;
const MOST_ROWS = 128;

/** Numbers of rows that are looked at. */
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

function lookedRows(height: number): number[] {
  return Array.from({ length: height }, (_, y) => y).filter((y) => isLooked(y, height));
}

function isLooked(y: number, height: number): boolean {
  return Math.floor(y / BAND) % Math.ceil(height / MOST_ROWS) === 0;
}

/** Whether the rows above and below are looked at, too. */
function isInBand(y: number, height: number): boolean {
  const isWhole = height <= MOST_ROWS;
  return y > 0 && y + 1 < height && (isWhole || (y % BAND !== 0 && y % BAND !== BAND - 1));
}

export function sumStructure(image: LumaImage): StructureSums {
  const { luma, height, width } = image;
  const rows = Array.from({ length: height }, (_, y) => total(luma, y * width, 1, width));
  const looked = lookedRows(height);
  const columns = Array.from({ length: width }, (_, x) => looked.reduce((sum, y) => sum + luma[y * width + x]!, 0));
  return {
    ...sumSteps(image),
    ...sumBends(image),
    rowBend: bendOf(
      rows,
      looked.filter((y) => isInBand(y, height)),
    ),
    columnBend: bendOf(
      columns,
      columns.flatMap((_, x) => (x > 0 && x + 1 < width ? [x] : [])),
    ),
  };
}

type Steps = 'across' | 'acrossBlocks' | 'down' | 'downBlocks' | 'equal' | 'gradientXX' | 'gradientYY' | 'gradientXY';

function sumSteps({ luma, height, width }: LumaImage): Pick<StructureSums, Steps> {
  let [across, acrossBlocks, down, downBlocks, equal] = [0, 0, 0, 0, 0];
  let [gradientXX, gradientYY, gradientXY] = [0, 0, 0];
  for (const y of lookedRows(height)) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const centre = luma[at]!;
      const isGray = centre > 0 && centre < WHITE;
      const right = x + 1 < width ? luma[at + 1]! - centre : null;
      const below = y + 1 < height ? luma[at + width]! - centre : null;
      if (right !== null) {
        across += Math.abs(right);
        if (x % BLOCK === BLOCK - 1) acrossBlocks += Math.abs(right);
        if (right === 0 && isGray) equal++;
      }
      if (below !== null) {
        down += Math.abs(below);
        if (y % BLOCK === BLOCK - 1) downBlocks += Math.abs(below);
        if (below === 0 && isGray) equal++;
      }
      if (right !== null && below !== null) {
        const [dx, dy] = [right >> SHIFT, below >> SHIFT];
        gradientXX += dx * dx;
        gradientYY += dy * dy;
        gradientXY += dx * dy;
      }
    }
  }
  return { across, acrossBlocks, down, downBlocks, equal, gradientXX, gradientYY, gradientXY };
}

function sumBends({
  luma,
  height,
  width,
  deviation,
}: LumaImage): Pick<StructureSums, 'bendAcross' | 'bendDown' | 'smooth' | 'impulses'> {
  const flat = Math.floor(SMOOTH * deviation);
  const tall = Math.max(LEAST_IMPULSE, Math.floor(deviation));
  let [bendAcross, bendDown, smooth, impulses] = [0, 0, 0, 0];
  for (const y of lookedRows(height)) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const isInRow = x > 0 && x + 1 < width;
      const isInColumn = y > 0 && y + 1 < height;
      const isBetween = isInBand(y, height);
      const centre = luma[at]!;
      const across = isInRow ? luma[at - 1]! - 2 * centre + luma[at + 1]! : 0;
      const down = isBetween ? luma[at - width]! - 2 * centre + luma[at + width]! : 0;
      bendAcross += Math.abs(across);
      bendDown += Math.abs(down);
      if (isInRow && Math.abs(across) <= flat) smooth++;
      if (isInRow && isInColumn && isImpulse(luma, at, width, tall)) impulses++;
    }
  }
  return { bendAcross, bendDown, smooth, impulses };
}

function isImpulse(luma: Int32Array, at: number, width: number, tall: number): boolean {
  const centre = luma[at]!;
  const differences = [luma[at - 1]!, luma[at + 1]!, luma[at - width]!, luma[at + width]!].map((one) => centre - one);
  return differences.every((one) => one >= tall) || differences.every((one) => one <= -tall);
}

function bendOf(sums: readonly number[], places: readonly number[]): number {
  return places.reduce((bend, i) => bend + Math.abs(sums[i - 1]! - 2 * sums[i]! + sums[i + 1]!), 0);
}

function total(luma: Int32Array, from: number, step: number, count: number): number {
  let sum = 0;
  for (let i = 0, at = from; i < count; i++, at += step) sum += luma[at]!;
  return sum;
}
