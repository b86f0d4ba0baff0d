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

/** Channels of a row, output channels of a panel: one cache line of floats, two AVX registers, four of 128 bits. */
export const LANES = 16;
/** Rows of the largest tile; tables of rows are filled up to a multiple of it by repeating the last row. */
export const TILE_ROWS = 6;
/** Bytes that must be readable (not meaningful) after every buffer, since kernels load whole tiles. */
export const SLACK = 192;
/** Of every address given to a kernel, but for offsets within a row. */
export const ALIGNMENT = 64;

/** An input offset in a table of taps or tiles that stands for a row of zeros. */
export const NOWHERE = -1;

/**
 * Words of each kernel's parameters. Addresses (`…At`) are absolute; `…Offset`s count bytes from the arena; all else are
 * numbers of things. Words are unsigned but where a table says otherwise.
 */
export const PARAMETERS = {
  /**
   * Pixels `[image][y][x][3]`, uint8, to normalised floats `[y][image][left + x + right][3]` with zeros at both sides:
   * what a first convolution reads, whose tap then is a whole row of the filter. A unit is one y.
   */
  packRows: ['pixelsOffset', 'outputOffset', 'tableAt', 'images', 'height', 'width', 'left', 'right', 'rowBytes'],
  /** Pixels `[image][y][x][3]`, uint8, to activations of 3 channels with a channel stride of 16. A unit is one y. */
  packChannels: ['pixelsOffset', 'outputOffset', 'tableAt', 'images', 'height', 'width'],
  /**
   * `output[r][panel] = clamp(bias[panel] + Σ_taps Σ_k input[r + tap][k]·weights[panel][tap][k] + residual[r][panel])`.
   * A row is one position of one image. `rowsAt`: a table of `rowTiles·6` pairs (int32 input byte offset, int32 output
   * byte offset), from `inputOffset` and `outputOffset`; `tapsAt`: `taps` pairs (int32 byte offset to a row's input,
   * int32 byte offset into a panel's weights); `panelsAt`: an int32 a panel, a byte offset to every input of it, or 0
   * for none. `weightsAt`: `[panel][tap][k][16]`, one panel every `panelBytes`; `biasAt`: `[panel][16]`. `residualOffset`:
   * like the output, at the same row offsets; 0 for none (offset 0 of the arena holds nothing). A unit is one tile of
   * 6 rows of one panel; unit `u` is tile `u % rowTiles` of panel `u / rowTiles`.
   */
  convolution: [
    'inputOffset',
    'outputOffset',
    'weightsAt',
    'biasAt',
    'residualOffset',
    'clampAt',
    'rowsAt',
    'rowTiles',
    'panels',
    'tapsAt',
    'taps',
    'k',
    'panelBytes',
    'panelsAt',
  ],
  /**
   * As `convolution`, one input channel for each output channel: `weightsAt` is `[tap][channelStride]`, a tap's weight
   * offset points to its row, and panel `p` reads the 16 channels from `16·p` on. A batch norm is one with one tap.
   */
  depthwise: [
    'inputOffset',
    'outputOffset',
    'weightsAt',
    'biasAt',
    'residualOffset',
    'clampAt',
    'rowsAt',
    'rowTiles',
    'panels',
    'tapsAt',
    'taps',
  ],
  /**
   * A convolution 3×3, stride 1, as `P·P` matrix products between a transform of input tiles and one of products
   * (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308). `tilesAt`: for each tile, row-major, `P·P` int32 offsets of the
   * tile's input positions from `inputOffset` (NOWHERE outside of the map), then `m·m` int32 offsets of its output
   * positions from `outputOffset` (NOWHERE outside). An offset is that of image 0; the `images` others follow.
   * `weightsAt`: `[P·P][panel][k][16]`, transformed; one point every `pointBytes`. `residualOffset` as above. A unit is
   * `tilesPerUnit` tiles (the last one fewer) and needs `winogradScratch` bytes. P = 6, m = 4 for `winograd4`, 4 and 2
   * for `winograd2`, and for `toeplitz2` 3 and 2: a map of 2×2 with its padding known to be zero, so one tile.
   */
  winograd4: [
    'inputOffset',
    'outputOffset',
    'weightsAt',
    'biasAt',
    'residualOffset',
    'clampAt',
    'tilesAt',
    'tiles',
    'tilesPerUnit',
    'images',
    'k',
    'inputStride',
    'panels',
    'outputStride',
    'pointBytes',
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
} as const;

/** `winograd2` and `toeplitz2` have the parameters of `winograd4`. */
export type KernelName = keyof typeof PARAMETERS | 'winograd2' | 'toeplitz2';

/** `clampAt` points to 8 × the smallest value let through, then 8 × the largest; infinities where there is none. */
export const CLAMP_FLOATS = 16;

/** Input points of a tile per axis, and outputs: what a `winograd` kernel is made of. */
export const TRANSFORMS = {
  winograd4: { points: 6, outputs: 4 },
  winograd2: { points: 4, outputs: 2 },
  toeplitz2: { points: 3, outputs: 2 },
} as const;

/** Bytes between two points of the transformed input and of the products: padded, so that they do not share cache sets. */
export function pointStride(rows: number, floats: number): number {
  return Math.ceil((rows * floats * 4) / ALIGNMENT) * ALIGNMENT + ALIGNMENT;
}

/**
 * Bytes of scratch that one unit of a `winograd` kernel needs: transformed input `[P·P][rows][k padded to 16]`, products
 * `[P·P][rows][16·panels]`, rows of a unit filled up to a multiple of 6, and 4 KiB for the pass between the two axes.
 */
export function winogradScratch(
  kernel: keyof typeof TRANSFORMS,
  { tilesPerUnit, images, k, panels }: { tilesPerUnit: number; images: number; k: number; panels: number },
): number {
  const rows = Math.ceil((tilesPerUnit * images) / TILE_ROWS) * TILE_ROWS;
  const points = TRANSFORMS[kernel].points ** 2;
  const channels = Math.ceil(k / LANES) * LANES;
  return points * (pointStride(rows, channels) + pointStride(rows, panels * LANES)) + 4096 + SLACK;
}
