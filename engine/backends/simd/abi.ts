/**
 * What a kernel call is: the contract between the plan, which lays tensors and tables out in one WebAssembly memory, and
 * the kernels (`assembly/`), which read them. One description for both sides: the AssemblyScript of the parameters is
 * printed from it.
 *
 * **Memory.** One shared `WebAssembly.Memory` for all threads: packed weights, parameters and tables once, read by all;
 * an *arena* for every batch under way: input pixels, activations, scratch. Addresses of what is shared are absolute;
 * all that lies in the arena is given as a byte offset from its start, so that one plan serves every arena.
 *
 * **Activations** are `[height][width][image][channel]` in float32: one position of the map is a contiguous
 * `[images][channels]` matrix, so that a convolution is a sum of matrix products over the taps that see no padding,
 * without im2col. The channels of a row are padded to a multiple of 16 (`channelStride`), and the padding is zero.
 *
 * **A call** is `kernel(params, arena, from, to, scratch)`: `params` the address of its 32-bit words, in the order
 * below; `arena` the address of the arena; `from` to `to` which of its `units` to compute, since units may be computed
 * in any order and by different threads at once; `scratch` the address of a thread's own scratch memory, in bytes as
 * the call demands. Kernels never allocate.
 */

import { SUMS } from './strassen.js';

/** Channels of a row, output channels of a panel: one cache line of floats, two AVX registers, four of 128 bits. */
export const LANES = 16;
/** Rows of the largest tile. */
export const TILE_ROWS = 6;
/** Of the largest tile as the floats of its rows lie one after the other. */
export const TILE_BYTES = TILE_ROWS * LANES * 4;
/** Bytes that must be readable (not meaningful) after every buffer, since kernels load whole tiles. */
export const SLACK = 192;
/** Of every address given to a kernel, but for offsets within a row. */
export const ALIGNMENT = 64;

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** An input offset in a table of taps or tiles that stands for a row of zeros. */
export const NOWHERE = -1;

/** What all kernels with weights begin with. */
const OPERANDS = ['inputOffset', 'outputOffset', 'weightsAt', 'biasAt', 'residualOffset', 'clampAt'] as const;

/**
 * Words of each kernel's parameters. Addresses (`…At`) are absolute; `…Offset`s count bytes from the arena; all else are
 * numbers of things. Words are unsigned but where a table says otherwise.
 */
export const PARAMETERS = {
  /**
   * Pixels `[image][y][x][3]`, uint8, to normalised floats `[y][image][left + x + right][3]` with zeros at both sides:
   * what a first convolution reads, whose tap then is a whole row of the filter. A row has `rowBytes`, what is left after
   * the right border is zero too. `scaleAt`: see `pixelScale`. A unit is one y.
   */
  packRows: ['pixelsOffset', 'outputOffset', 'scaleAt', 'images', 'height', 'width', 'left', 'right', 'rowBytes'],
  /** Pixels `[image][y][x][3]`, uint8, to activations of 3 channels with a channel stride of 16. A unit is one y. */
  packChannels: ['pixelsOffset', 'outputOffset', 'scaleAt', 'images', 'height', 'width'],
  /**
   * `output[r][panel] = clamp(bias[panel] + Σ_taps Σ_k input[r + tap][k]·weights[panel][tap][k] + residual[r][panel])`.
   * A row is one position of one image. `rowsAt`: a table of `rowTiles·6` pairs (int32 input byte offset, int32 output
   * byte offset), from `inputOffset` and `outputOffset`; a tile of fewer rows (see `tileSizes`) repeats its last one, which
   * kernels see and do not compute again. `tapsAt`: `taps` pairs (int32 byte offset to a row's input,
   * int32 byte offset into a panel's weights); `panelsAt`: an int32 a panel, a byte offset to every input of it, or 0
   * for none. `weightsAt`: `[panel][tap][k][16]`, one panel every `panelBytes`; `biasAt`: `[panel][16]`. `residualOffset`:
   * like the output, at the same row offsets; 0 for none (offset 0 of the arena holds nothing). A unit is one tile of
   * 6 rows of one panel. Units run through blocks of `blockTiles` tiles (the last one of fewer), whose input a cache holds;
   * within a block through its tiles for the first panel, then for the next (`convolutionUnit`). Where `touches` is 1, the
   * input of a block is brought into the caches before it is used.
   */
  convolution: [
    ...OPERANDS,
    'rowsAt',
    'rowTiles',
    'blockTiles',
    'panels',
    'tapsAt',
    'taps',
    'k',
    'panelBytes',
    'panelsAt',
    'touches',
  ],
  /**
   * As `convolution`, by seven products of halves instead of eight, see `strassen.ts`. `rowsAt`: for each of `rows` rows four
   * int32 byte offsets, of the input and the output at one position and at another one of the same image; `rows` is even
   * and at least 4, so is `rowsPerUnit` and what is left for the last unit, and a row may come twice. `k` and `panels` are
   * those of a half: an input row has two halves of `k` channels, a multiple of 8. `tapsAt` as above, weight offsets into
   * one factor; `sumTapsAt` the same for rows that hold `k` channels of each tap, one after the other. `weightsAt`:
   * `[panel][factor][tap][k][16]`, one panel every `panelBytes`. A unit is `rowsPerUnit` rows and needs `strassenScratch`
   * bytes.
   */
  strassen: [...OPERANDS, 'rowsAt', 'rows', 'rowsPerUnit', 'panels', 'tapsAt', 'sumTapsAt', 'taps', 'k', 'panelBytes'],
  /**
   * As `convolution`, one input channel for each output channel: `weightsAt` is `[tap][channelStride]`, a tap's weight
   * offset points to its row, and panel `p` reads the 16 channels from `16·p` on. A batch norm is one with one tap. Unit
   * `u` is panel `u % panels` of tile `u / panels`: the channels of a row lie side by side.
   */
  depthwise: [...OPERANDS, 'rowsAt', 'rowTiles', 'panels', 'tapsAt', 'taps'],
  /**
   * As `depthwise`, for windows of `width` taps side by side, in `rows` rows that lie `rowStep` bytes apart: `length` outputs
   * of one image, `outputStep` bytes apart, whose windows begin `stride` columns of `columnStep` bytes apart. `runsAt`:
   * for each run an int32 byte offset of its first window and of its first output. `weightsAt`: the taps in their order,
   * one every `weightStep` bytes. `channels` is a multiple of 16. A unit is a run; runs may overlap. See `RunShape`.
   */
  depthwiseRuns: [
    ...OPERANDS,
    'runsAt',
    'width',
    'stride',
    'length',
    'channels',
    'rows',
    'rowStep',
    'columnStep',
    'weightStep',
    'outputStep',
  ],
  /**
   * A convolution 3×3, stride 1, as `P·P` matrix products between a transform of input tiles and one of products
   * (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308). A tile has up to `m` outputs along each axis: fewer where the
   * map ends, and there it has fewer points too (`tilePoints`). `tilesAt`: for each tile (`tileWords`) how many outputs it
   * has down and across, then `P·P` int32 offsets of its input positions from `inputOffset` (NOWHERE outside of the map),
   * then `m·m` int32 offsets of its output positions from `outputOffset`, both row-major; what a smaller tile has not is not
   * read. An offset is that of image 0; the `images` others follow. `rangesAt`: for each of the `P·P` points a first tile
   * and one past the last that have it: all between them do. Strides are in floats.
   * `weightsAt`: `[P·P][panel][k][16]`, transformed; one point every `pointBytes`. `residualOffset` as above. A unit is
   * `tilesPerUnit` tiles (the last one fewer) and needs `winogradScratch` bytes; products are computed, and transformed
   * back, for `panelsPerBlock` panels at a time: 1 where the transformed input of a unit fits the L2 cache, all `panels`
   * where it does not. P = 6, m = 4 for `winograd4`, 4 and 2
   * for `winograd2`, and for `toeplitz2` 3 and 2: a map of 2×2 with its padding known to be zero, so one tile.
   */
  winograd4: [
    ...OPERANDS,
    'tilesAt',
    'rangesAt',
    'tiles',
    'tilesPerUnit',
    'images',
    'k',
    'inputStride',
    'panels',
    'outputStride',
    'pointBytes',
    'panelsPerBlock',
  ],
  /**
   * `output[p] = max over taps of input[p + tap]`, elementwise over the `floats` of a position (`images·channelStride`,
   * a multiple of 16). `positionsAt`: pairs (int32 input offset, int32 output offset); `tapsAt`: an int32 offset a tap.
   * A unit is a position.
   */
  maxPool: ['inputOffset', 'outputOffset', 'positionsAt', 'positions', 'tapsAt', 'taps', 'floats', 'clampAt'],
  /** As `maxPool`, the sum over taps divided by the float32 at `divisorAt` (given 8 times over). */
  averagePool: [
    'inputOffset',
    'outputOffset',
    'positionsAt',
    'positions',
    'tapsAt',
    'taps',
    'floats',
    'clampAt',
    'divisorAt',
  ],
  /** `clamp(a + b)` elementwise; `bOffset` 0 for `clamp(a)`. A unit is 1,024 floats; `floats` is a multiple of 16. */
  add: ['aOffset', 'bOffset', 'outputOffset', 'floats', 'clampAt'],
  /** Copies `channels` of each of `rows` rows, float by float, to `outputOffset` on; a unit is a row. */
  copyChannels: ['inputOffset', 'inputStride', 'outputOffset', 'outputStride', 'rows', 'channels'],
  /**
   * `output[r][c] = e^(input[r][c] − max) / Σ e^(input[r] − max)` over the first `classes` channels of each row, zero from
   * there to the next multiple of 16; both strides are multiples of 16. A unit is a row.
   */
  softmax: ['inputOffset', 'inputStride', 'outputOffset', 'outputStride', 'rows', 'classes'],
} as const;

/** `winograd2` and `toeplitz2` have the parameters of `winograd4`. */
export type KernelName = keyof typeof PARAMETERS | 'winograd2' | 'toeplitz2';

/** `clampAt` points to 8 × the smallest value let through, then 8 × the largest; infinities where there is none. */
export const CLAMP_FLOATS = 16;

/** Points of a tile per axis, and outputs: what a `winograd` kernel is made of. */
export const TRANSFORMS = {
  winograd4: { points: 6, outputs: 4 },
  winograd2: { points: 4, outputs: 2 },
  toeplitz2: { points: 3, outputs: 2 },
} as const;

/**
 * Which points a tile has along an axis where it has so many outputs: one fewer for each output fewer, the last ones
 * before ∞, which is the last of all.
 */
export function tilePoints(kernel: keyof typeof TRANSFORMS, outputs: number): number[] {
  const { points, outputs: most } = TRANSFORMS[kernel];
  const finite = points - 1 - (most - outputs);
  return [...Array.from({ length: finite }, (_, point) => point), points - 1];
}

/** Words of a tile in `tilesAt`: outputs down and across, offsets. */
export function tileWords(kernel: keyof typeof TRANSFORMS): number {
  const { points, outputs } = TRANSFORMS[kernel];
  return 2 + points ** 2 + outputs ** 2;
}

/** Bytes from one run of so many floats to the next: padded, so that they do not share cache sets. */
export function padded(floats: number): number {
  return roundUp(floats * 4, ALIGNMENT) + ALIGNMENT;
}

/** Bytes between two points of the transformed input and of the products. */
export function pointStride(rows: number, floats: number): number {
  return padded(rows * floats);
}

/** Images of 16 channels, or floats / 16, that a transform takes through both axes at a time: 1 KiB a point at most. */
export const TRANSFORM_BLOCK = 4;
/** Of the factors of the transforms, in the scratch: some floats, eight times each. */
export const FACTOR_BYTES = 4 * ALIGNMENT;

/** Rows past those of a unit that a product may touch: a tile of 4 rows does for one. */
export const SPARE_ROWS = 3;

/**
 * Bytes of scratch that one unit of a `winograd` kernel needs: zeros and the pass between the two axes, transformed input
 * `[P·P][rows][k padded to 16]`, products `[panelsPerBlock][P·P][rows][16]`; rows with `SPARE_ROWS`.
 */
export function winogradScratch(
  kernel: keyof typeof TRANSFORMS,
  {
    tilesPerUnit,
    images,
    k,
    panelsPerBlock,
  }: { tilesPerUnit: number; images: number; k: number; panelsPerBlock: number },
): number {
  const rows = tilesPerUnit * images + SPARE_ROWS;
  const points = TRANSFORMS[kernel].points ** 2;
  const channels = roundUp(k, LANES);
  const pass = (points + 1) * TRANSFORM_BLOCK * LANES * 4 + FACTOR_BYTES;
  return pass + points * (pointStride(rows, channels) + panelsPerBlock * pointStride(rows, LANES)) + SLACK;
}

/** What `depthwiseRuns` comes for: each width with each stride and length. */
export interface RunShape {
  width: number;
  stride: number;
  length: number;
}
export const RUN_WIDTHS: readonly number[] = [3, 5];
export const RUN_STRIDES: readonly number[] = [1, 2];
export const RUN_LENGTHS: readonly number[] = [4, 3];

/** Of a row of `strassen` in `rowsAt`: input and output at one position, input and output at the other. */
export const PAIR_BYTES = 16;
/** Tiles of `strassen` that lie in its scratch: zeros and three sums of products. */
export const STRASSEN_TILES = 4;

/** Bytes of scratch that one unit of `strassen` needs: tiles, offsets of the rows of sums, and these rows. */
export function strassenScratch({ rowsPerUnit, taps, k }: { rowsPerUnit: number; taps: number; k: number }): number {
  const offsets = roundUp(rowsPerUnit * PAIR_BYTES, ALIGNMENT);
  return STRASSEN_TILES * TILE_BYTES + offsets + SUMS * rowsPerUnit * padded(taps * k) + SLACK;
}

/**
 * How to cut rows into tiles: of 6, the last few of 5 or 4, which are nearly as fast a row; one of fewer rows only where
 * there is no other way.
 */
export function tileSizes(rows: number): number[] {
  const sizes: number[] = [];
  let left = rows;
  const take = (size: number) => {
    sizes.push(Math.min(size, left));
    left -= size;
  };
  while (left > 0) take(left === 5 || left === 9 || left === 13 ? 5 : left === 6 || left > 9 ? 6 : 4);
  return sizes;
}

/**
 * What `scaleAt` points to, in float32: the factor of each channel four times over (`RGBRGBRGBRGB`), then the same of
 * what is added: `(pixel/255 − mean)/std` as one multiplication and one addition.
 */
export function pixelScale(mean: readonly number[], std: readonly number[]): Float32Array {
  const pixels = [0, 1, 2, 3];
  const factors = pixels.flatMap(() => std.map((deviation) => 1 / (255 * deviation)));
  const terms = pixels.flatMap(() => mean.map((average, c) => -average / std[c]!));
  return Float32Array.from([...factors, ...terms]);
}

/** Tile and panel of a unit of `convolution`. */
export function convolutionUnit(
  unit: number,
  { rowTiles, blockTiles, panels }: { rowTiles: number; blockTiles: number; panels: number },
): { tile: number; panel: number } {
  const block = Math.floor(unit / (blockTiles * panels));
  const first = block * blockTiles;
  const tiles = Math.min(blockTiles, rowTiles - first);
  const within = unit - first * panels;
  return { tile: first + (within % tiles), panel: Math.floor(within / tiles) };
}
