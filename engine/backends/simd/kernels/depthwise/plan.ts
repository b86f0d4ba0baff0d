/** Convolutions with one input channel for each output, in runs that share input or tap by tap, and batch norms. */
import { callShape, LANES, OPERANDS, panelsOf } from '../../abi.js';
import {
  type AxisGroup,
  type AxisPosition,
  axes,
  type Filter,
  isDepthwise,
  liveTaps,
  pointwiseAxis,
  tapNumbers,
  tapOffset,
} from '../../planning/axis.js';
import { type RowStrides, rowStrides, type Value } from '../../planning/draft.js';
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
import type { StepOf } from '../../planning/step.js';
import {
  type Compilation,
  type Emitted,
  inRegions,
  type Layer,
  type Operands,
  onlyWay,
  operandWords,
  type Way,
} from '../../planning/step.js';
import { packDepthwise, packScale } from './pack.js';

export function depthwiseWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (!('values' in reads)) return [];
  const [input] = reads.values;
  if (step.kind === 'scale') return onlyWay(() => emitScale(step, input, operands, compilation));
  if (step.kind !== 'convolution' || !isDepthwise(step.filter)) return [];
  return onlyWay(() => emitDepthwise(step.filter, input, operands, compilation));
}

function emitScale({ norm }: StepOf<'scale'>, input: Value, operands: Operands, compilation: Compilation): Emitted {
  const [channels, height, width] = input.map;
  const [region] = regionsOf(pointwiseAxis(height), pointwiseAxis(width));
  const packed = packScale(compilation.weights, norm);
  callTiles({ input, operands, packed, channels }, region!, [[0, 0]], compilation);
  return { kernel: 'depthwise', macsDone: channels * height * width, weightBytes: packed.bytes };
}

interface Tiled {
  input: Value;
  operands: Operands;
  packed: Packed;
  channels: number;
}

/** @param taps byte offsets of input and weights of each. @param strip see `rowTable` */
function callTiles(
  { input, operands, packed, channels }: Tiled,
  region: Region,
  taps: readonly (readonly [number, number])[],
  { draft, images }: Compilation,
  strip?: number,
): void {
  const { node, output } = operands;
  const rowTiles = rowTilesIn(region, images);
  const panels = panelsOf(channels);
  draft.call(DEPTHWISE, node, rowTiles * panels, {
    ...operandWords(draft, input, packed, operands),
    rowsAt: rowTable(draft, region, images, rowStrides(input), rowStrides(output), strip),
    rowTiles,
    panels,
    tapsAt: weightedTapTable(draft, taps),
    taps: taps.length,
  });
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
  const kernel = inRegions(runs === null ? 'depthwise' : 'depthwiseRuns', calls);
  return { kernel, macsDone: positions * filter.outChannels, weightBytes: packed.bytes };
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

/** Runs of the length that computes the fewest outputs twice. Null: windows share nothing, or see too much padding. */
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
  const seen = { ...packed, weights: packed.weights + numbers.indexOf(firstRow * width) * packed.stride };
  draft.needScratch(packed.stride);
  draft.call(DEPTHWISE_RUNS, operands.node, runs.length * rows.positions.length * images, {
    ...operandWords(draft, input, seen, operands),
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
        const input = y.origin * from.y + firstRowBytes + x.origin * from.x + image * from.image;
        words.push(input, y.output * to.y + x.output * to.x + image * to.image, x.left, x.right);
      }
    }
  }
  return Int32Array.from(words);
}

/** Bytes of a strip that a filter sees: most of an L1 cache, where a tap finds the input of its neighbour. */
const WINDOW_BYTES = 24 << 10;

function emitTiles(layer: Shared, region: Region, compilation: Compilation): void {
  const { filter, input, operands, numbers, packed } = layer;
  const strides = rowStrides(input);
  // Bytes of one column of the map lines that a filter sees.
  const columnBytes = filter.kernel[0] * compilation.images * input.channelStride * 4;
  const strip = Math.max(1, Math.floor(WINDOW_BYTES / columnBytes));
  const taps = tapsIn(region).map((tap): [number, number] => [
    tapOffset(filter, tap, strides),
    numbers.indexOf(tap[0] * filter.kernel[1] + tap[1]) * packed.stride,
  ]);
  callTiles({ input, operands, packed, channels: filter.outChannels }, region, taps, compilation, strip);
}

/**
 * Like `convolution`, with one input channel for each output channel: `weightsAt` is `[tap][channelStride]`, a tap's
 * weight offset points to its row, and panel `p` reads the 16 channels from `16·p` on. A batch norm has one tap. Unit
 * `u` is panel `u % panels` of tile `u / panels`: the channels of a row lie side by side.
 */
export const DEPTHWISE = callShape('depthwise', OPERANDS, 'rowsAt rowTiles panels tapsAt taps');

/**
 * Like `depthwise`, for `length` outputs of one image, `outputStep` bytes apart, whose windows of `rows` rows and
 * `width` taps begin `stride` columns apart. `runsAt`: four int32 a run, the byte offsets of its first window and
 * output, and how many of its first and last columns lie in the padding: at most `mostCut`. `weightsAt`: the taps in
 * their order, one every `weightStep` bytes. `channels` is a multiple of 16; a call needs as many floats of scratch.
 * A unit is a run; runs may overlap. See `RunShape`.
 */
export const DEPTHWISE_RUNS = callShape(
  'depthwiseRuns',
  OPERANDS,
  'runsAt width stride length channels rows rowStep columnStep weightStep outputStep',
);

export interface RunShape {
  width: number;
  stride: number;
  length: number;
}
/** The strides of each width that there is a `depthwiseRuns` for. */
const RUN_STRIDES: ReadonlyMap<number, readonly number[]> = new Map([
  [3, [1, 2]],
  [5, [1, 2]],
  [7, [1]],
]);
/** The best first: a row of weights serves more outputs. Sides of maps are often multiples of 7. */
const RUN_LENGTHS: readonly number[] = [7, 4, 3];

/** There is a `depthwiseRuns` for each of them. */
export const RUN_SHAPES: readonly RunShape[] = [...RUN_STRIDES].flatMap(([width, strides]) =>
  strides.flatMap((stride) => RUN_LENGTHS.map((length) => ({ width, stride, length }))),
);

/** Bytes of a run in its table. */
export const RUN_BYTES = 16;

/** Columns of the windows of a run. */
export function runColumns({ width, stride, length }: RunShape): number {
  return (length - 1) * stride + width;
}

/** The most columns at one end of a run that may lie in the padding. */
export function mostCut(width: number): number {
  return width >> 1;
}
