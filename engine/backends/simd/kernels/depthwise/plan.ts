/**
 * Convolutions with one input channel for each output channel. Outputs side by side share the input of their windows.
 * Where that does not suit, they are computed tap by tap. A batch norm is such a convolution
 * with one tap.
 */
import { LANES, panelsOf } from '../../abi/layout.js';
import { type AxisGroup, type AxisPosition, liveTaps, pointwiseAxis } from '../../planning/axis.js';
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
import { DEPTHWISE, DEPTHWISE_RUNS, mostCut, RUN_SHAPES, type RunShape, runColumns } from './words.js';

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
  const runs = runsOf(filter, x, input.map[2]);
  let [calls, positions] = [0, 0];
  for (const rows of y) {
    const regions = regionsOf([rows], x);
    if (runs !== null && rows.taps.length > 0) emitRuns(layer, rows, runs, compilation);
    else for (const region of regions) emitTiles(layer, region, compilation);
    calls += runs !== null && rows.taps.length > 0 ? 1 : regions.length;
    positions += regions.reduce((sum, region) => sum + positionsIn(region) * tapsIn(region).length, 0);
  }
  return {
    kernel: inRegions(runs === null ? 'depthwise' : 'depthwiseRuns', calls),
    macsDone: positions * filter.outChannels,
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

/** The runs of a row of the map. */
interface Runs {
  length: number;
  runs: readonly Run[];
}

interface Run extends AxisPosition {
  /** Columns at both ends of its windows that lie in the padding. */
  left: number;
  right: number;
}

/**
 * Runs of the length with which the fewest outputs are computed twice. Null if windows share nothing, or see too much
 * padding.
 */
function runsOf({ kernel, stride, dilation }: Filter, x: readonly AxisGroup[], size: number): Runs | null {
  const [, width] = kernel;
  const positions = x.flatMap((group) => group.positions).sort((a, b) => a.output - b.output);
  const outputs = positions.length;
  const shapes = RUN_SHAPES.filter((shape) => {
    return shape.width === width && shape.stride === stride[1] && shape.length <= outputs;
  });
  if (dilation[1] !== 1 || liveTaps(x).length < width || shapes.length === 0) return null;
  const computed = ({ length }: RunShape): number => Math.ceil(outputs / length) * length;
  const shape = shapes.reduce((best, one) => (computed(one) < computed(best) ? one : best));
  const { length } = shape;
  const columns = runColumns(shape);
  const runs = Array.from({ length: Math.ceil(outputs / length) }, (_, i): Run => {
    // The last run is moved back so that it ends at the last position.
    const first = positions[Math.min(i * length, outputs - length)]!;
    return { ...first, left: Math.max(0, -first.origin), right: Math.max(0, first.origin + columns - size) };
  });
  return runs.every(({ left, right }) => Math.max(left, right) <= mostCut(width)) ? { length, runs } : null;
}

function emitRuns(layer: Shared, rows: AxisGroup, { length, runs }: Runs, { draft, images }: Compilation): void {
  const { filter, input, operands, numbers, packed } = layer;
  const from = rowStrides(input);
  const to = rowStrides(operands.output);
  const [width, firstRow] = [filter.kernel[1], rows.taps[0]!];
  const rowStep = filter.dilation[0] * from.y;
  const firstRowBytes = firstRow * rowStep;
  const shown = [...rows.positions, ...runs].map((one) => Object.values(one).join(':'));
  const key = `runs ${shown.join()} ${firstRowBytes} ${images} ${showStrides(from)} ${showStrides(to)}`;
  draft.needScratch(packed.stride);
  draft.call(DEPTHWISE_RUNS, operands.node, runs.length * rows.positions.length * images, {
    ...operandWords(
      draft,
      input,
      { ...packed, weights: packed.weights + numbers.indexOf(firstRow * width) * packed.stride },
      operands,
    ),
    runsAt: draft.table(key, () => runTable(rows.positions, runs, firstRowBytes, { images, from, to })),
    width,
    stride: filter.stride[1],
    length,
    channels: panelsOf(filter.outChannels) * LANES,
    rows: rows.taps.length,
    rowStep,
    columnStep: from.x,
    weightStep: packed.stride,
    outputStep: to.x,
  });
}

/** Goes from one run to the one below it, so that the L1 cache holds the rows that both see. */
function runTable(
  rows: readonly AxisPosition[],
  runs: readonly Run[],
  firstRowBytes: number,
  { images, from, to }: { images: number; from: RowStrides; to: RowStrides },
): Int32Array {
  const words: number[] = [];
  for (const x of runs) {
    for (let image = 0; image < images; image++) {
      for (const y of rows) {
        words.push(
          y.origin * from.y + firstRowBytes + x.origin * from.x + image * from.image,
          y.output * to.y + x.output * to.x + image * to.image,
          x.left,
          x.right,
        );
      }
    }
  }
  return Int32Array.from(words);
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
