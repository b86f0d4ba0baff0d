/** Parts of an output map whose windows have the same live taps, and the tables by which kernels go through them. */
import { BLOCK_TERMS, LANES, TILE_ROWS, tileSizes } from '../abi.js';
import type { AxisGroup } from './axis.js';
import type { Draft, RowStrides, Table } from './draft.js';

export interface Region {
  y: AxisGroup;
  x: AxisGroup;
}

export function regionsOf(y: readonly AxisGroup[], x: readonly AxisGroup[]): Region[] {
  return y.flatMap((rows) => x.map((columns) => ({ y: rows, x: columns })));
}

export function positionsIn({ y, x }: Region): number {
  return y.positions.length * x.positions.length;
}

/** `[row, column]` of each live tap. */
export function tapsIn({ y, x }: Region): [number, number][] {
  return y.taps.flatMap((row) => x.taps.map((column): [number, number] => [row, column]));
}

/** The number of tiles of up to 6 rows for all images at all positions. */
export function rowTilesIn(region: Region, images: number): number {
  return tileSizes(positionsIn(region) * images).length;
}

/** `rowsAt` of a region, in tiles. @param strip the most columns that are processed top to bottom before the next */
export function rowTable(
  draft: Draft,
  region: Region,
  images: number,
  input: RowStrides,
  output: RowStrides,
  strip = Number.POSITIVE_INFINITY,
): Table {
  const key = `rows ${describeRegion(region)} ${images} ${showStrides(input)} ${showStrides(output)} ${strip}`;
  return draft.table(key, () => cutIntoTiles(rowOffsets(region, images, input, output, strip)));
}

/** A pair of byte offsets for each row: input, output. */
function rowOffsets(region: Region, images: number, input: RowStrides, output: RowStrides, strip: number): Int32Array {
  const pairs = new Int32Array(positionsIn(region) * images * 2);
  let at = 0;
  for (const columns of stripsOf(region.x.positions, strip)) {
    for (const y of region.y.positions) {
      for (const x of columns) {
        const from = y.origin * input.y + x.origin * input.x;
        const to = y.output * output.y + x.output * output.x;
        for (let image = 0; image < images; image++) {
          pairs[at++] = from + image * input.image;
          pairs[at++] = to + image * output.image;
        }
      }
    }
  }
  return pairs;
}

/** Strips of nearly equal width. */
function stripsOf<T>(columns: readonly T[], most: number): (readonly T[])[] {
  const strips = Math.max(1, Math.ceil(columns.length / most));
  return Array.from({ length: strips }, (_, i) =>
    columns.slice(Math.round((i * columns.length) / strips), Math.round(((i + 1) * columns.length) / strips)),
  );
}

/** Every tile has room for 6 rows. A tile of fewer repeats its last row. */
function cutIntoTiles(pairs: Int32Array): Int32Array {
  const sizes = tileSizes(pairs.length / 2);
  const words = new Int32Array(sizes.length * TILE_ROWS * 2);
  let from = 0;
  for (const [tile, size] of sizes.entries()) {
    const at = tile * TILE_ROWS * 2;
    words.set(pairs.subarray(from, from + 2 * size), at);
    from += 2 * size;
    for (let i = at + 2 * size; i < at + 2 * TILE_ROWS; i++) words[i] = words[i - 2]!;
  }
  return words;
}

/** `positionsAt` of a region. */
export function positionTable(draft: Draft, region: Region, input: RowStrides, output: RowStrides): Table {
  const key = `positions ${describeRegion(region)} ${showStrides(input)} ${showStrides(output)}`;
  return draft.table(key, () => Int32Array.from(positionOffsets(region, input, output).flat()));
}

/** Byte offsets of each position's window and output in image 0, in the order of the map. */
export function positionOffsets({ y, x }: Region, input: RowStrides, output: RowStrides): [number, number][] {
  return y.positions.flatMap((row) =>
    x.positions.map((column): [number, number] => [
      row.origin * input.y + column.origin * input.x,
      row.output * output.y + column.output * output.x,
    ]),
  );
}

/** `tapsAt` of kernels without weights: an input offset a tap. */
export function inputTapTable(draft: Draft, region: Region, input: RowStrides): Table {
  const offsets = tapsIn(region).map(([row, column]) => row * input.y + column * input.x);
  return draft.table(`taps ${offsets.join()}`, () => Int32Array.from(offsets));
}

/** `tapsAt` of kernels with weights: an input offset and a weight offset a tap. */
export function weightedTapTable(draft: Draft, pairs: readonly (readonly [number, number])[]): Table {
  return draft.table(`weighted taps ${pairs.join()}`, () => Int32Array.from(pairs.flat()));
}

export function describeRegion({ y, x }: Region): string {
  return `${describeGroup(y)} × ${describeGroup(x)}`;
}

/** The positions alone: the taps have tables of their own. */
function describeGroup({ positions }: AxisGroup): string {
  return positions.map(({ output, origin }) => `${output}:${origin}`).join();
}

export function showStrides({ y, x, image }: RowStrides): string {
  return `${y}/${x}/${image}`;
}

/** The words of a call that say how its sums are cut. */
export interface Pieces {
  /** For each piece int32 byte offsets of its inputs and of its weights, and the bytes of its weights. */
  piecesAt: Table;
  pieces: number;
  /** The last block may have fewer. */
  piecesPerBlock: number;
}

/** @param taps byte offsets of the first input and of the first weights of each tap, which has `k` of them */
export function piecesOf(draft: Draft, taps: readonly (readonly [number, number])[], k: number): Pieces {
  const parts = blocksOf(k);
  const starts = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * k) / parts));
  const words = taps.flatMap(([input, weights]) =>
    starts.slice(1).flatMap((end, part) => {
      const start = starts[part]!;
      return [input + start * 4, weights + start * LANES * 4, (end - start) * LANES * 4];
    }),
  );
  const pieces = taps.length * parts;
  const piecesPerBlock = parts > 1 ? 1 : Math.ceil(pieces / blocksOf(pieces * k, Math.floor(BLOCK_TERMS / k) * k));
  return { piecesAt: draft.table(`pieces ${words.join()}`, () => Int32Array.from(words)), pieces, piecesPerBlock };
}

/** The number of blocks for a sum of so many products. */
export function blocksOf(terms: number, most = BLOCK_TERMS): number {
  return Math.max(1, Math.ceil(terms / most));
}
