/** Direct convolutions as calls: regions of the map without dead taps, each in blocks that fit a cache. */
import { LANES, panelsOf, TILE_ROWS } from '../../abi/layout.js';
import { type AxisGroup, liveTaps } from '../../planning/axis.js';
import { rowsInTiles, streamedWeights, USUAL_IMAGES, type Work } from '../../planning/cost.js';
import type { Table } from '../../planning/draft.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  onlyWay,
  operandWords,
  type RowsOfPixels,
  type Way,
} from '../../planning/emission.js';
import { axes, type Filter, isDepthwise, tapNumbers, tapOffset } from '../../planning/filter.js';
import type { Packed } from '../../planning/packed-weights.js';
import { piecesOf } from '../../planning/pieces.js';
import { positionsIn, type Region, regionsOf, rowTable, rowTilesIn, tapsIn } from '../../planning/regions.js';
import { type RowStrides, rowStrides, type Value } from '../../planning/value.js';
import { packDirect, packGrouped, packRowsOfFilter } from './pack.js';
import { CONVOLUTION, CONVOLUTION_SCRATCH } from './words.js';

export function convolutionWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || isDepthwise(step.filter)) return [];
  const { filter } = step;
  if ('rows' in reads) return onlyWay(() => emitFirstConvolution(filter, reads.rows, operands, compilation));
  if (!('values' in reads)) return [];
  const [input] = reads.values;
  if (filter.groups > 1) return onlyWay(() => emitGrouped(filter, input, operands, compilation));
  const { y, x } = axes(filter, input, operands.output);
  const regions = regionsOf(y, x);
  return [
    {
      work: () => directWork(regions, filter.inChannels, filter.outChannels, USUAL_IMAGES),
      emit: () => emitDirect(filter, regions, tapNumbers(filter, y, x), input, operands, compilation),
    },
  ];
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
      panels: panelsOf(filter.outChannels),
      panelsAt: 0,
      touches: input.buffer.bytes > NEAR_BYTES,
    },
    { filter, weightTap: (row, column) => taps.indexOf(row * filter.kernel[1] + column) },
    operands,
    compilation,
  );
}

/** A first convolution. A tap is a whole row of the filter, so only rows of taps can be dead. */
function emitFirstConvolution(
  filter: Filter,
  rows: RowsOfPixels,
  operands: Operands,
  compilation: Compilation,
): Emitted {
  const { y } = axes(filter, rows, operands.output);
  // The rows begin at the first window, so no column is outside.
  const positions = Array.from({ length: operands.output.map[2] }, (_, output) => {
    return { output, origin: output * filter.stride[1] };
  });
  const x: AxisGroup = { positions, taps: [0], divisor: 1 };
  const taps = liveTaps(y);
  return emitRegions(
    {
      regions: regionsOf(y, [x]),
      k: filter.kernel[1] * filter.inChannels,
      bytesPerRow: (region) => Math.min(filter.stride[0], region.y.taps.length) * filter.stride[1] * rows.strides.x,
      input: rows,
      strides: rows.strides,
      packed: packRowsOfFilter(compilation.weights, filter, taps),
      panels: panelsOf(filter.outChannels),
      panelsAt: 0,
      touches: false,
    },
    { filter, weightTap: (row) => taps.indexOf(row) },
    operands,
    compilation,
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
      touches: false,
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
  panels: number;
  panelsAt: Table | 0;
  /** Whether blocks of the input are brought into the caches in bulk. */
  touches: boolean;
}

interface Weights {
  filter: Filter;
  /** The number of a tap among the packed taps. */
  weightTap: (row: number, column: number) => number;
}

function emitRegions(
  { regions, k, bytesPerRow, input, strides, packed, panels, panelsAt, touches }: Direct,
  { filter, weightTap }: Weights,
  operands: Operands,
  { draft, images }: Compilation,
): Emitted {
  const { node, output } = operands;
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
