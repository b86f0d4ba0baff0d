/**
 * Convolutions with one input channel for each output channel. Outputs side by side share the input of their windows,
 * if they see no padding to the left or right. All others are computed tap by tap. A batch norm is such a convolution
 * with one tap.
 */
import { LANES, panelsOf } from '../../abi/layout.js';
import { type AxisPosition, pointwiseAxis } from '../../planning/axis.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  onlyWay,
  operandWords,
  type Way,
} from '../../planning/emission.js';
import { axes, type Filter, isDepthwise, tapNumbers, tapOffset } from '../../planning/filter.js';
import type { Packed } from '../../planning/packed-weights.js';
import {
  describeRegion,
  positionsIn,
  type Region,
  regionsOf,
  rowTable,
  rowTilesIn,
  showStrides,
  tapsIn,
  weightedTapTable,
} from '../../planning/regions.js';
import type { Step } from '../../planning/step.js';
import { type RowStrides, rowStrides, type Value } from '../../planning/value.js';
import { packDepthwise, packScale } from './pack.js';
import { DEPTHWISE, DEPTHWISE_RUNS, RUN_LENGTHS, RUN_STRIDES, RUN_WIDTHS } from './words.js';

export function depthwiseWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (!('values' in reads)) return [];
  const [input] = reads.values;
  if (step.kind === 'scale') return onlyWay(() => emitScale(step, input, operands, compilation));
  if (step.kind !== 'convolution' || !isDepthwise(step.filter)) return [];
  return onlyWay(() => emitDepthwise(step.filter, input, operands, compilation));
}

function emitScale(
  { norm }: Extract<Step, { kind: 'scale' }>,
  input: Value,
  operands: Operands,
  { draft, weights, images }: Compilation,
): Emitted {
  const { node, output } = operands;
  const [channels, height, width] = input.map;
  const [region] = regionsOf(pointwiseAxis(height), pointwiseAxis(width));
  const packed = packScale(weights, norm);
  const rowTiles = rowTilesIn(region!, images);
  const panels = panelsOf(channels);
  draft.call(DEPTHWISE, node, rowTiles * panels, {
    ...operandWords(draft, input, packed, operands),
    rowsAt: rowTable(draft, region!, images, rowStrides(input), rowStrides(output)),
    rowTiles,
    panels,
    tapsAt: weightedTapTable(draft, [[0, 0]]),
    taps: 1,
  });
  return { kernel: 'depthwise', macsDone: channels * height * width, weightBytes: packed.bytes };
}

function emitDepthwise(filter: Filter, input: Value, operands: Operands, compilation: Compilation): Emitted {
  const { y, x } = axes(filter, input, operands.output);
  const numbers = tapNumbers(filter, y, x);
  const packed = packDepthwise(compilation.weights, filter, numbers);
  const layer: Shared = { filter, input, operands, numbers, packed };
  const regions = regionsOf(y, x);
  const lengths = regions.map((region) => runLength(filter, region));
  for (const [i, region] of regions.entries()) {
    const length = lengths[i] ?? null;
    if (length === null) emitTiles(layer, region, compilation);
    else emitRuns(layer, region, length, compilation);
  }
  const macsDone = regions.reduce((sum, region) => sum + positionsIn(region) * tapsIn(region).length, 0);
  return {
    kernel: inRegions(lengths.every((length) => length === null) ? 'depthwise' : 'depthwiseRuns', regions.length),
    macsDone: macsDone * filter.outChannels,
    weightBytes: layer.packed.bytes,
  };
}

/** The parts that all calls of one layer share. */
interface Shared {
  filter: Filter;
  input: Value;
  operands: Operands;
  /** The taps that are packed, `row·width + column`. */
  numbers: readonly number[];
  packed: Packed;
}

/**
 * The number of outputs in a run, chosen so that the fewest are computed twice. Null if windows share nothing, or see
 * padding to the left or right.
 */
function runLength({ kernel, stride, dilation }: Filter, { y, x }: Region): number | null {
  const [, width] = kernel;
  const suits = RUN_WIDTHS.includes(width) && RUN_STRIDES.includes(stride[1]) && dilation[1] === 1;
  const outputs = x.positions.length;
  const lengths = RUN_LENGTHS.filter((length) => length <= outputs);
  if (!suits || x.taps.length < width || y.taps.length === 0 || lengths.length === 0) return null;
  const computed = (length: number): number => Math.ceil(outputs / length) * length;
  return lengths.reduce((best, length) => (computed(length) < computed(best) ? length : best));
}

function emitRuns(layer: Shared, region: Region, length: number, { draft, images }: Compilation): void {
  const { filter, input, operands, numbers, packed } = layer;
  const from = rowStrides(input);
  const to = rowStrides(operands.output);
  const [width, firstRow] = [filter.kernel[1], region.y.taps[0]!];
  const rowStep = filter.dilation[0] * from.y;
  const firstRowBytes = firstRow * rowStep;
  const starts = runStarts(region.x.positions, length);
  const key = `runs ${describeRegion(region)} ${length} ${firstRowBytes} ${images} ${showStrides(from)} ${showStrides(to)}`;
  draft.call(DEPTHWISE_RUNS, operands.node, starts.length * region.y.positions.length * images, {
    ...operandWords(
      draft,
      input,
      { ...packed, weights: packed.weights + numbers.indexOf(firstRow * width) * packed.stride },
      operands,
    ),
    runsAt: draft.table(key, () => runTable(region.y.positions, starts, firstRowBytes, { images, from, to })),
    width,
    stride: filter.stride[1],
    length,
    channels: panelsOf(filter.outChannels) * LANES,
    rows: region.y.taps.length,
    rowStep,
    columnStep: from.x,
    weightStep: packed.stride,
    outputStep: to.x,
  });
}

/** The first positions of runs. The last run is moved back so that it ends at the last position. */
function runStarts(positions: readonly AxisPosition[], length: number): AxisPosition[] {
  const runs = Math.ceil(positions.length / length);
  return Array.from({ length: runs }, (_, i) => positions[Math.min(i * length, positions.length - length)]!);
}

/** Goes from one run to the one below it, so that the L1 cache holds the rows that both see. */
function runTable(
  rows: readonly AxisPosition[],
  starts: readonly AxisPosition[],
  firstRowBytes: number,
  { images, from, to }: { images: number; from: RowStrides; to: RowStrides },
): Int32Array {
  const words = new Int32Array(starts.length * images * rows.length * 2);
  let at = 0;
  for (const x of starts) {
    for (let image = 0; image < images; image++) {
      for (const y of rows) {
        words[at++] = y.origin * from.y + firstRowBytes + x.origin * from.x + image * from.image;
        words[at++] = y.output * to.y + x.output * to.x + image * to.image;
      }
    }
  }
  return words;
}

/**
 * Bytes of a strip of the map that a filter sees. They take most of an L1 cache, where a tap finds the input of its
 * neighbour.
 */
const WINDOW_BYTES = 24 << 10;

function emitTiles(
  { filter, input, operands, numbers, packed }: Shared,
  region: Region,
  { draft, images }: Compilation,
): void {
  const strides = rowStrides(input);
  const panels = panelsOf(filter.outChannels);
  const rowTiles = rowTilesIn(region, images);
  // Bytes of one column of the map lines that a filter sees.
  const columnBytes = filter.kernel[0] * images * input.channelStride * 4;
  const strip = Math.max(1, Math.floor(WINDOW_BYTES / columnBytes));
  const taps = tapsIn(region).map((tap): [number, number] => [
    tapOffset(filter, tap, strides),
    numbers.indexOf(tap[0] * filter.kernel[1] + tap[1]) * packed.stride,
  ]);
  draft.call(DEPTHWISE, operands.node, rowTiles * panels, {
    ...operandWords(draft, input, packed, operands),
    rowsAt: rowTable(draft, region, images, strides, rowStrides(operands.output), strip),
    rowTiles,
    panels,
    tapsAt: weightedTapTable(draft, taps),
    taps: taps.length,
  });
}
