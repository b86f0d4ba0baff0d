/** A convolution as calls: which kernel, by predicted cost, and for direct ones the regions of the map without dead taps. */
import { LANES, TILE_ROWS } from '../abi.js';
import { type AxisGroup, liveTaps } from './axis.js';
import { predictSeconds, rowsInTiles, streamedWeights, type Work } from './cost.js';
import { emitDepthwise, isDepthwise } from './depthwise.js';
import type { Table } from './draft.js';
import { type Compilation, type Emitted, inRegions, type Operands, operandWords } from './emission.js';
import type { RowsOfPixels } from './input.js';
import type { Filter } from './lower.js';
import { panelsOf } from './pack-filters.js';
import type { PackedFilters } from './packed-weights.js';
import { positionsIn, type Region, regionsOf, rowTable, rowTilesIn, tapsIn, weightedTapTable } from './regions.js';
import { emitStrassen, strassenWork, suitsStrassen } from './strassen.js';
import { type RowStrides, rowStrides, type Value } from './value.js';
import { axes, tapNumbers, tapOffset } from './windows.js';
import { emitWinograd, transformKernels, winogradWork } from './winograd.js';

/**
 * Images that kernels are chosen for, however many there are: so that an image has the same embedding, to the bit, in
 * whatever batch it comes, and weights are packed in one way only.
 */
const USUAL_IMAGES = 12;

export function emitConvolution(filter: Filter, input: Value, operands: Operands, compilation: Compilation): Emitted {
  const macsWritten = macsOf(filter, operands.output);
  const { y, x } = axes(filter, input, operands.output);
  if (isDepthwise(filter)) return { ...emitDepthwise(filter, input, operands, compilation), macsWritten };
  if (filter.groups > 1) return { ...emitGrouped(filter, input, operands, compilation), macsWritten };

  const regions = regionsOf(y, x);
  const usual = { ...compilation, images: USUAL_IMAGES, threads: 1 };
  const seconds = (work: Work): number => predictSeconds(work, compilation.rates);
  const direct = seconds(directWork(regions, filter.inChannels, filter.outChannels, usual.images));
  const [best] = transformKernels(filter, input, operands.output, compilation.exact)
    .map((kernel) => ({ kernel, cost: seconds(winogradWork(kernel, filter, operands.output, usual)) }))
    .filter(({ cost }) => cost < direct)
    .sort((a, b) => a.cost - b.cost);
  if (best !== undefined) {
    return { kernel: best.kernel, macsWritten, ...emitWinograd(best.kernel, filter, input, operands, compilation) };
  }
  const taps = tapNumbers(filter, y, x);
  if (
    suitsStrassen(filter, compilation.exact) &&
    seconds(strassenWork(regions, filter, { images: usual.images, adds: operands.residual !== null })) < direct
  ) {
    return { ...emitStrassen(filter, regions, taps, input, operands, compilation), macsWritten };
  }
  const packed = compilation.weights.direct(filter, taps);
  const emitted = emitRegions(
    {
      regions,
      k: filter.inChannels,
      bytesPerRow: activationBytes(filter, filter.inChannels),
      input,
      strides: rowStrides(input),
      packed,
      panelsAt: 0,
      touches: input.buffer.bytes > NEAR_BYTES,
    },
    { filter, weightTap: (row, column) => taps.indexOf(row * filter.kernel[1] + column) },
    operands,
    compilation,
  );
  return { ...emitted, macsWritten };
}

/** Whether a first convolution can read the image as `packRows` lays it out. */
export function readsRows({ groups, dilation, kernel }: Filter): boolean {
  return groups === 1 && (dilation[1] === 1 || kernel[1] === 1);
}

/** A first convolution: a tap is a whole row of the filter, and only rows of taps can be dead. */
export function emitFirstConvolution(
  filter: Filter,
  rows: RowsOfPixels,
  operands: Operands,
  compilation: Compilation,
): Emitted {
  const { y } = axes(filter, rows, operands.output);
  // The rows begin at the first window: no column is outside.
  const positions = Array.from({ length: operands.output.map[2] }, (_, output) => {
    return { output, origin: output * filter.stride[1] };
  });
  const x: AxisGroup = { positions, taps: [0], divisor: 1 };
  const taps = liveTaps(y);
  const packed = compilation.weights.rows(filter, taps);
  const emitted = emitRegions(
    {
      regions: regionsOf(y, [x]),
      k: filter.kernel[1] * filter.inChannels,
      bytesPerRow: (region) => Math.min(filter.stride[0], region.y.taps.length) * filter.stride[1] * rows.strides.x,
      input: rows,
      strides: rows.strides,
      packed,
      panelsAt: 0,
      touches: false,
    },
    { filter, weightTap: (row) => taps.indexOf(row) },
    operands,
    compilation,
  );
  return { ...emitted, macsWritten: macsOf(filter, operands.output) };
}

function emitGrouped(
  filter: Filter,
  input: Value,
  operands: Operands,
  compilation: Compilation,
): Omit<Emitted, 'macsWritten'> {
  const { y, x } = axes(filter, input, operands.output);
  const taps = tapNumbers(filter, y, x);
  const { panels, ...packed } = compilation.weights.grouped(filter, taps);
  const panelsAt = compilation.draft.table(`panels ${panels.first.join()}`, () =>
    Int32Array.from(panels.first, (channel) => channel * 4),
  );
  return emitRegions(
    {
      regions: regionsOf(y, x),
      k: panels.k,
      // Each panel reads channels of its own, or some that the one before it read.
      bytesPerRow: activationBytes(filter, panels.k),
      input,
      strides: rowStrides(input),
      packed,
      panelsAt,
      touches: false,
    },
    { filter, weightTap: (row, column) => taps.indexOf(row * filter.kernel[1] + column) },
    operands,
    compilation,
  );
}

/** What all calls of one direct convolution have in common. */
interface Direct {
  regions: readonly Region[];
  k: number;
  input: Pick<Value, 'buffer'>;
  strides: RowStrides;
  /** Bytes of input that a row reads and those before it did not. */
  bytesPerRow: (region: Region) => number;
  packed: PackedFilters;
  panelsAt: Table | 0;
  /** Whether blocks of the input are brought into the caches in bulk. */
  touches: boolean;
}

interface Weights {
  filter: Filter;
  /** Number of a tap among those packed. */
  weightTap: (row: number, column: number) => number;
}

function emitRegions(
  { regions, k, bytesPerRow, input, strides, packed, panelsAt, touches }: Direct,
  { filter, weightTap }: Weights,
  operands: Operands,
  { draft, images }: Compilation,
): Omit<Emitted, 'macsWritten'> {
  const { node, output } = operands;
  const panels = panelsOf(filter.outChannels);
  let macsDone = 0;
  for (const region of regions) {
    const taps = tapsIn(region).map((tap): [number, number] => [
      tapOffset(filter, tap, strides),
      weightTap(...tap) * k * LANES * 4,
    ]);
    const rowTiles = rowTilesIn(region, images);
    draft.call('convolution', node, rowTiles * panels, {
      ...operandWords(draft, input, packed, operands),
      rowsAt: rowTable(draft, region, images, strides, rowStrides(output)),
      rowTiles,
      blockTiles: blockTiles(rowTiles, bytesPerRow(region)),
      panels,
      tapsAt: weightedTapTable(draft, taps),
      taps: taps.length,
      k,
      panelBytes: packed.stride,
      panelsAt,
      touches: Number(touches),
    });
    macsDone += positionsIn(region) * taps.length * k * filter.outChannels;
  }
  return { kernel: inRegions('convolution', regions.length), macsDone, weightBytes: packed.bytes };
}

/** Maps that a near cache still holds when they are read. */
const NEAR_BYTES = 512 << 10;

/** Input that is read again for each panel: half of a small L2 cache. */
const BLOCK_BYTES = 128 << 10;
/** A block shares a pass over the weights, so it is not too short. */
const LEAST_BLOCK_TILES = 11;

function blockTiles(rowTiles: number, bytesPerRow: number): number {
  return Math.min(rowTiles, Math.max(LEAST_BLOCK_TILES, Math.floor(BLOCK_BYTES / (TILE_ROWS * bytesPerRow))));
}

/** Rows of activations: windows that overlap read most of their input again. */
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

/** As PyTorch counts them: every tap at every position, padding too. */
function macsOf({ kernel, inChannels, outChannels, groups }: Filter, { map }: Value): number {
  return ((kernel[0] * kernel[1] * inChannels) / groups) * outChannels * map[1] * map[2];
}
