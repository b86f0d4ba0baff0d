/** Direct convolutions as calls: regions of the map without dead taps, each in blocks that fit a cache. */
import { callShape, LANES, OPERANDS, panelsOf, TILE_BYTES, TILE_ROWS } from '../../abi.js';
import {
  type AxisGroup,
  axes,
  type Filter,
  isDepthwise,
  liveTaps,
  tapNumbers,
  tapOffset,
} from '../../planning/axis.js';
import { type RowStrides, rowStrides, type Table, type Value } from '../../planning/draft.js';
import type { Packed } from '../../planning/packed-weights.js';
import { piecesOf, positionsIn, type Region, regionsOf, rowTable, rowTilesIn, tapsIn } from '../../planning/regions.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  onlyWay,
  operandWords,
  type RowsOfPixels,
  rowsInTiles,
  streamedWeights,
  USUAL_IMAGES,
  type Way,
  type Work,
} from '../../planning/step.js';
import { packDirect, packGrouped, packRowsOfFilter } from './pack.js';

export function convolutionWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || isDepthwise(step.filter)) return [];
  const { filter } = step;
  if ('rows' in reads) return onlyWay(() => emitFirstConvolution(filter, reads.rows, operands, compilation));
  if (!('values' in reads)) return [];
  const [input] = reads.values;
  if (filter.groups > 1) return onlyWay(() => emitGrouped(filter, input, operands, compilation));
  const { y, x } = axes(filter, input, operands.output);
  const regions = regionsOf(y, x);
  const work = () => directWork(regions, filter.inChannels, filter.outChannels, USUAL_IMAGES);
  return [{ work, emit: () => emitDirect(filter, regions, tapNumbers(filter, y, x), input, operands, compilation) }];
}

function emitDirect(
  filter: Filter,
  regions: readonly Region[],
  taps: readonly number[],
  input: Value,
  operands: Operands,
  compilation: Compilation,
): Emitted {
  return emitRegions(
    {
      regions,
      k: filter.inChannels,
      bytesPerRow: activationBytes(filter, filter.inChannels),
      input,
      strides: rowStrides(input),
      packed: packDirect(compilation.weights, filter, taps),
      touches: input.buffer.bytes > NEAR_BYTES,
    },
    { filter, weightTap: (row, column) => taps.indexOf(row * filter.kernel[1] + column) },
    operands,
    compilation,
  );
}

/** A first convolution. A tap is a whole row of the filter, so only rows of taps can be dead. */
function emitFirstConvolution(filter: Filter, rows: RowsOfPixels, operands: Operands, into: Compilation): Emitted {
  const { y } = axes(filter, rows, operands.output);
  // The rows begin at the first window, so no column is outside.
  const position = (_: unknown, output: number) => ({ output, origin: output * filter.stride[1] });
  const positions = Array.from({ length: operands.output.map[2] }, position);
  const x: AxisGroup = { positions, taps: [0], divisor: 1 };
  const taps = liveTaps(y);
  return emitRegions(
    {
      regions: regionsOf(y, [x]),
      k: filter.kernel[1] * filter.inChannels,
      bytesPerRow: (region) => Math.min(filter.stride[0], region.y.taps.length) * filter.stride[1] * rows.strides.x,
      input: rows,
      strides: rows.strides,
      packed: packRowsOfFilter(into.weights, filter, taps),
    },
    { filter, weightTap: (row) => taps.indexOf(row) },
    operands,
    into,
  );
}

function emitGrouped(filter: Filter, input: Value, operands: Operands, compilation: Compilation): Emitted {
  const { y, x } = axes(filter, input, operands.output);
  const taps = tapNumbers(filter, y, x);
  const { panels, packed } = packGrouped(compilation.weights, filter, taps);
  const words = panels.all.flatMap(({ input, output, lanes }) => [input * 4, output * 4, Number(lanes < LANES)]);
  const panelsAt = compilation.draft.table(`panels ${words.join()}`, () => Int32Array.from(words));
  return emitRegions(
    {
      regions: regionsOf(y, x),
      k: panels.k,
      // Each panel reads channels of its own, or shares some with the panel before it.
      bytesPerRow: activationBytes(filter, panels.k),
      input,
      strides: rowStrides(input),
      packed,
      panels: panels.all.length,
      panelsAt,
    },
    { filter, weightTap: (row, column) => taps.indexOf(row * filter.kernel[1] + column) },
    operands,
    compilation,
  );
}

/** The parts that all calls of one direct convolution share. */
interface Direct {
  regions: readonly Region[];
  k: number;
  input: Pick<Value, 'buffer'>;
  strides: RowStrides;
  /** Bytes of input that a row reads and the rows before it did not. */
  bytesPerRow: (region: Region) => number;
  packed: Packed;
  /** Left out: all of the outputs, in order. */
  panels?: number;
  panelsAt?: Table | 0;
  /** Whether blocks of the input are brought into the caches in bulk. */
  touches?: boolean;
}

interface Weights {
  filter: Filter;
  /** The number of a tap among the packed taps. */
  weightTap: (row: number, column: number) => number;
}

function emitRegions(
  { regions, k, bytesPerRow, input, strides, packed, panels: given, panelsAt = 0, touches = false }: Direct,
  { filter, weightTap }: Weights,
  operands: Operands,
  { draft, images }: Compilation,
): Emitted {
  const { node, output } = operands;
  const panels = given ?? panelsOf(filter.outChannels);
  const isHalf = panelsAt === 0 && panels * LANES - filter.outChannels >= LANES / 2;
  let macsDone = 0;
  for (const region of regions) {
    const taps = tapsIn(region).map((tap): [number, number] => [
      tapOffset(filter, tap, strides),
      weightTap(...tap) * k * LANES * 4,
    ]);
    const rowTiles = rowTilesIn(region, images);
    draft.call(CONVOLUTION, node, rowTiles * panels, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: rowTable(draft, region, images, strides, rowStrides(output)),
      rowTiles,
      blockTiles: blockTiles(rowTiles, bytesPerRow(region)),
      panels,
      halfPanels: Number(isHalf),
      ...piecesOf(draft, taps, k),
      panelBytes: packed.stride,
      panelsAt,
      touches: Number(touches),
    });
    macsDone += positionsIn(region) * taps.length * k * filter.outChannels;
  }
  draft.needScratch(CONVOLUTION_SCRATCH);
  return { kernel: inRegions('convolution', regions.length), macsDone, weightBytes: packed.bytes };
}

/** Maps up to this size are still in a near cache when they are read. */
const NEAR_BYTES = 512 << 10;

/** Bytes of input that are read again for each panel: half of a small L2 cache. */
const BLOCK_BYTES = 128 << 10;
/** A block shares a pass over the weights, so it must not be too short. */
const LEAST_BLOCK_TILES = 11;

function blockTiles(rowTiles: number, bytesPerRow: number): number {
  return Math.min(rowTiles, Math.max(LEAST_BLOCK_TILES, Math.floor(BLOCK_BYTES / (TILE_ROWS * bytesPerRow))));
}

/** The bytes of activations a row: overlapping windows read most of their input again. */
function activationBytes({ stride }: Filter, k: number): (region: Region) => number {
  return ({ y, x }) => Math.min(stride[0], y.taps.length) * Math.min(stride[1], x.taps.length) * k * 4;
}

function directWork(regions: readonly Region[], k: number, outChannels: number, images: number): Work {
  const perTap = k * panelsOf(outChannels) * LANES;
  const taps = regions.map((region) => tapsIn(region));
  const products = regions.map((region, i) => rowsInTiles(positionsIn(region) * images) * taps[i]!.length);
  const liveTaps = new Set(taps.flat().map(([row, column]) => `${row},${column}`)).size;
  return {
    multiplyAdds: perTap * products.reduce((a, b) => a + b, 0),
    transformFloats: 0,
    weightFloats: streamedWeights(perTap * liveTaps, regions.length),
  };
}

/**
 * `output[r][panel] = clamp(Σ_pieces Σ_k input[r + piece][k]·weights[panel][piece][k] + bias[panel] + residual[r][panel])`. A
 * row is one position of one image. A sum that began with a large bias would round each product to the bias's last
 * bit, so it comes last.
 * - `rowsAt`: a table of `rowTiles·6` pairs (int32 input byte offset, int32 output byte offset). A tile of fewer rows
 *   (see `tileSizes`) repeats its last one; kernels recognise that, and do not compute it again.
 * - `piecesAt`: `pieces` triples (int32 byte offset to a row's input, int32 byte offset into a panel's weights, bytes
 *   of these weights), see `planning/regions.ts`. `piecesPerBlock` of them are added up in one accumulator.
 * - `halfPanels`: 1 if the last 8 channels of the last panel are not computed. Without `panelsAt` only.
 * - `panelsAt`: for each panel three int32: a byte offset to every input of it, a byte offset to its channels in
 *   outputs, residuals and biases, and 1 if only its first 8 channels are computed; 0 for no table.
 * - `weightsAt`: `[panel][piece][k][16]`, one panel every `panelBytes`. `biasAt`: `[panel][16]`.
 * - `residualOffset`: as the output, at the same row offsets; 0 for none. `touches`: 1 to bring a block's input into
 *   the caches.
 * A unit is one tile of one panel, and needs `CONVOLUTION_SCRATCH` bytes. Units run through blocks of `blockTiles`
 * tiles, whose input fits a cache: in a block through its tiles for the first panel, then for the next
 * (`convolutionUnit`). Half a panel may be computed in the units of the whole panel before it; its own then do
 * nothing.
 */
export const CONVOLUTION = callShape(
  'convolution',
  OPERANDS,
  'rowsAt rowTiles blockTiles panels halfPanels piecesAt pieces piecesPerBlock panelBytes panelsAt',
  'touches',
);

/** Bytes of a panel in `panelsAt`. */
export const GROUP_PANEL_BYTES = 12;

/** Bytes of a row of a tile of zeros, and of the sums of a tile. */
export const CONVOLUTION_SCRATCH = LANES * 4 + TILE_BYTES;

/** The tile and the panel that a unit computes. */
export function convolutionUnit(unit: number, words: Record<'rowTiles' | 'blockTiles' | 'panels', number>) {
  const { rowTiles, blockTiles, panels } = words;
  const block = Math.floor(unit / (blockTiles * panels));
  const first = block * blockTiles;
  const tiles = Math.min(blockTiles, rowTiles - first);
  const within = unit - first * panels;
  return { tile: first + (within % tiles), panel: Math.floor(within / tiles) };
}
