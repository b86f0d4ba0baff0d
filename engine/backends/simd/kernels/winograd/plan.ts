/** Convolutions 3×3 with stride 1 as products of transformed tiles: Winograd's, and the map of 2×2. */
import { roundUp } from '../../../../../base/wasm/index.js';
import type { PlanPrecision } from '../../../../contract/backend.js';
import { LANES, panelsOf } from '../../abi.js';
import type { Filter } from '../../planning/axis.js';
import { type RowStrides, rowStrides, type Table, type Value } from '../../planning/draft.js';
import { blocksOf } from '../../planning/regions.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  type Operands,
  operandWords,
  rowsInTiles,
  streamedWeights,
  USUAL_IMAGES,
  type Way,
  type Work,
} from '../../planning/step.js';
import { packTransformed } from './pack.js';
import {
  NOWHERE,
  pointRanges,
  type TileRange,
  type TileRun,
  TRANSFORMS,
  type TransformKernel,
  tileRuns,
  transformedFloats,
  WINOGRAD,
  winogradScratch,
} from './tiles.js';

/*
 * The number of rows in a unit, measured. Its transformed input and products should leave room in an L2 cache of 1 MiB.
 * But a unit reads all weights once. Weights in the outer caches need more rows to share a pass, and weights that fit
 * no cache need as many rows as possible.
 */
const UNIT_BYTES = 448 << 10;
const LEAST_ROWS = 24;
const LARGE_WEIGHTS = 6 << 20;
const LARGE_WEIGHTS_ROWS = 128;
const HUGE_WEIGHTS = 12 << 20;
const HUGE_WEIGHTS_ROWS = 256;

/** Products are transformed back by 4 panels if all would push the transformed input out of the cache. */
const BLOCK_PANELS = 4;
const CACHED_UNIT_BYTES = 1 << 20;
const CACHED_INPUT_BYTES = 2 << 20;

/** A way for each of the kernels that can compute the convolution. */
export function winogradWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'convolution' || !('values' in reads)) return [];
  const { filter } = step;
  const [input] = reads.values;
  return transformKernels(filter, input, operands.output, compilation.precision).map((kernel) => ({
    work: () => winogradWork(kernel, filter, operands.output, USUAL_IMAGES),
    emit: () => emitWinograd(kernel, filter, input, operands, compilation),
  }));
}

/** The kernels that can compute this convolution, whatever they cost. */
function transformKernels(filter: Filter, input: Value, output: Value, precision: PlanPrecision): TransformKernel[] {
  const { kernel, stride, dilation, groups, padding } = filter;
  const suits = [kernel.join(), stride.join(), dilation.join(), groups].join(' ') === '3,3 1,1 1,1 1';
  if (!suits) return [];
  const winograd: TransformKernel[] = precision === 'exact' ? ['winograd2'] : ['winograd4', 'winograd2'];
  const isSmall = [...input.map.slice(1), ...output.map.slice(1)].every((side) => side === 2);
  return isSmall && padding.every((side) => side === 1) ? ['toeplitz2', ...winograd] : winograd;
}

interface Tiling {
  runs: readonly TileRun[];
  tiles: number;
  tilesPerUnit: number;
  units: number;
}

const runsOf = (kernel: TransformKernel, { map }: Value): TileRun[] => tileRuns(kernel, [map[1], map[2]]);

function tilingOf(
  kernel: TransformKernel,
  filter: Filter,
  output: Value,
  { images, threads }: Pick<Compilation, 'images' | 'threads'>,
): Tiling {
  const runs = runsOf(kernel, output);
  const tiles = runs.reduce((sum, { origins }) => sum + origins.length, 0);
  const rows = unitRows(kernel, filter);
  // If there are fewer rows than channels to multiply them with, threads share the weights instead of the tiles.
  const share = tiles * images < filter.outChannels ? tiles : Math.floor(tiles / threads);
  const wanted = Math.max(1, Math.min(Math.round(rows / images), share));
  const units = Math.ceil(tiles / wanted);
  const tilesPerUnit = Math.ceil(tiles / units);
  return { runs, tiles, tilesPerUnit, units: Math.ceil(tiles / tilesPerUnit) };
}

function unitRows(kernel: TransformKernel, { inChannels, outChannels }: Filter): number {
  const pointBytes = 4 * TRANSFORMS[kernel].points ** 2;
  const weightBytes = pointBytes * inChannels * outChannels;
  if (weightBytes > HUGE_WEIGHTS) return HUGE_WEIGHTS_ROWS;
  if (weightBytes > LARGE_WEIGHTS) return LARGE_WEIGHTS_ROWS;
  return Math.max(LEAST_ROWS, UNIT_BYTES / (pointBytes * (inChannels + outChannels)));
}

function panelsPerBlock(kernel: TransformKernel, rows: number, { inChannels, outChannels }: Filter): number {
  const rowBytes = 4 * TRANSFORMS[kernel].points ** 2 * rows;
  const panels = panelsOf(outChannels);
  const fits = rowBytes * (inChannels + outChannels) <= CACHED_UNIT_BYTES;
  return fits || rowBytes * inChannels > CACHED_INPUT_BYTES ? panels : Math.min(panels, BLOCK_PANELS);
}

/** The work for one thread. The number of threads must not change the choice of the kernel, nor a bit of the result. */
export function winogradWork(kernel: TransformKernel, filter: Filter, output: Value, images: number): Work {
  const { runs, tilesPerUnit } = tilingOf(kernel, filter, output, { images, threads: 1 });
  const inputs = roundUp(filter.inChannels, LANES);
  const channels = panelsOf(filter.outChannels) * LANES;
  const products = pointRanges(kernel, runs).flatMap((range) => byUnits(range, tilesPerUnit));
  const rows = products.reduce((sum, { units, tiles }) => sum + units * rowsInTiles(tiles * images), 0);
  // A unit reads the weights of the points that its tiles have.
  const pointsRead = products.reduce((sum, { units }) => sum + units, 0);
  const points = TRANSFORMS[kernel].points ** 2;
  return {
    multiplyAdds: rows * filter.inChannels * channels,
    transformFloats: transformedFloats(kernel, runs, inputs, channels) * images,
    weightFloats: streamedWeights(points * filter.inChannels * channels, pointsRead / points),
  };
}

/** The tiles of a range, by units: the first and the last unit may have fewer of them. */
function byUnits({ first, end }: TileRange, tilesPerUnit: number): { units: number; tiles: number }[] {
  const from = Math.ceil(first / tilesPerUnit);
  const to = Math.floor(end / tilesPerUnit);
  if (to < from) return [{ units: 1, tiles: end - first }];
  const parts = [
    { units: 1, tiles: from * tilesPerUnit - first },
    { units: to - from, tiles: tilesPerUnit },
    { units: 1, tiles: end - to * tilesPerUnit },
  ];
  return parts.filter(({ units, tiles }) => units * tiles > 0);
}

function emitWinograd(
  kernel: TransformKernel,
  filter: Filter,
  input: Value,
  operands: Operands,
  compilation: Compilation,
): Emitted {
  const { node, output } = operands;
  const { draft, weights, images, threads } = compilation;
  const { runs, tiles, tilesPerUnit, units } = tilingOf(kernel, filter, output, compilation);
  const ranges = pointRanges(kernel, runs);
  const packed = packTransformed(weights, kernel, filter);
  const blockPanels = panelsPerBlock(kernel, tilesPerUnit * images, filter);
  for (const { first, panels } of panelShares(panelsOf(filter.outChannels), panelParts(units, threads))) {
    const lanes = first * LANES;
    const weightsAt = packed.weights + filter.inChannels * lanes * 4;
    draft.call(WINOGRAD[kernel], node, units, {
      ...operandWords(draft, input, { weights: weightsAt, bias: packed.bias }, operands, lanes),
      tilesAt: tileTable(kernel, filter, input, output, compilation),
      rangesAt: rangeTable(ranges, compilation),
      tiles,
      tilesPerUnit,
      images,
      k: filter.inChannels,
      termsPerBlock: Math.ceil(filter.inChannels / blocksOf(filter.inChannels)),
      inputStride: input.channelStride,
      panels,
      outputStride: output.channelStride,
      pointBytes: packed.stride,
      panelsPerBlock: Math.min(panels, blockPanels),
    });
  }
  const scratch = winogradScratch(kernel, { tilesPerUnit, images, k: filter.inChannels, panelsPerBlock: blockPanels });
  draft.needScratch(scratch);
  return {
    kernel,
    macsDone: ranges.reduce((sum, { first, end }) => sum + end - first, 0) * filter.inChannels * filter.outChannels,
    weightBytes: packed.bytes,
  };
}

/** Parts of the panels. Each transforms the input again, which pays only if threads would be idle. */
function panelParts(units: number, threads: number): number {
  return units % threads === 0 || units >= 4 * threads ? 1 : threads;
}

function panelShares(panels: number, parts: number): { first: number; panels: number }[] {
  const share = Math.ceil(panels / Math.min(panels, parts));
  return Array.from({ length: Math.ceil(panels / share) }, (_, i) => {
    return { first: i * share, panels: Math.min(share, panels - i * share) };
  });
}

function tileTable(
  kernel: TransformKernel,
  { padding }: Filter,
  input: Value,
  output: Value,
  { draft }: Compilation,
): Table {
  const { points, outputs } = TRANSFORMS[kernel];
  const from = rowStrides(input);
  const to = rowStrides(output);
  // The products of `toeplitz2` include the padding; its tile is the map itself.
  const [top, left] = kernel === 'toeplitz2' ? [0, 0] : [padding[0], padding[2]];
  const key = [kernel, input.map, output.map, top, left, from.x, to.x].join();
  return draft.table(`tiles ${key}`, () => {
    const words: number[] = [];
    for (const { down, across, origins } of runsOf(kernel, output)) {
      for (const [y, x] of origins) {
        words.push(down, across);
        words.push(...square(points, y - top, x - left, input, from), ...square(outputs, y, x, output, to));
      }
    }
    return Int32Array.from(words);
  });
}

function rangeTable(ranges: readonly TileRange[], { draft }: Compilation): Table {
  const words = ranges.flatMap(({ first, end }) => [first, end]);
  return draft.table(`ranges ${words.join()}`, () => Int32Array.from(words));
}

/** Offsets of `side`·`side` positions from one position on, row-major. */
function square(side: number, top: number, left: number, { map }: Value, strides: RowStrides): number[] {
  const offsets: number[] = [];
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      const inside = y >= 0 && y < map[1] && x >= 0 && x < map[2];
      offsets.push(inside ? y * strides.y + x * strides.x : NOWHERE);
    }
  }
  return offsets;
}
