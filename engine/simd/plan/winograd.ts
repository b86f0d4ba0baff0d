/** Convolutions 3×3 with stride 1 as products of transformed tiles: Winograd's, and the map of 2×2. */
import { LANES, NOWHERE, TRANSFORMS, winogradScratch } from '../abi.js';
import { CACHED_WEIGHTS, rowsInTiles, streamedWeights, type Work } from './cost.js';
import type { Table } from './draft.js';
import type { Compilation, Emitted, Operands } from './emission.js';
import type { Filter } from './lower.js';
import { panelsOf } from './pack-filters.js';
import { type RowStrides, rowStrides, type Value } from './value.js';

export type TransformKernel = keyof typeof TRANSFORMS;

/**
 * Rows of a unit, which reads all weights once: where they fit the L2 cache few are enough, else more rows share one pass
 * over them. Measured: between 32 and 256 rows a few percent differ, below and above it gets worse.
 */
const FEW_ROWS = 64;
const MANY_ROWS = 128;

/** What of a unit's transformed input the L2 cache holds, beside the weights of a panel. */
const CACHE_BYTES = 768 << 10;

/** Which of them compute this convolution, whatever they cost. */
export function transformKernels(filter: Filter, input: Value, output: Value, exact: boolean): TransformKernel[] {
  const { kernel, stride, dilation, groups, padding } = filter;
  const suits = [kernel.join(), stride.join(), dilation.join(), groups].join(' ') === '3,3 1,1 1,1 1';
  if (!suits) return [];
  const winograd: TransformKernel[] = exact ? ['winograd2'] : ['winograd4', 'winograd2'];
  const isSmall = [...input.map.slice(1), ...output.map.slice(1)].every((side) => side === 2);
  return isSmall && padding.every((side) => side === 1) ? ['toeplitz2', ...winograd] : winograd;
}

interface Tiling {
  tiles: number;
  tilesPerUnit: number;
  units: number;
}

function tilingOf(kernel: TransformKernel, filter: Filter, output: Value, { images, threads }: Compilation): Tiling {
  const { points, outputs } = TRANSFORMS[kernel];
  const tiles = Math.ceil(output.map[1] / outputs) * Math.ceil(output.map[2] / outputs);
  const weightBytes = 4 * points ** 2 * filter.inChannels * filter.outChannels;
  const rows = weightBytes > CACHED_WEIGHTS ? MANY_ROWS : FEW_ROWS;
  const wanted = Math.max(1, Math.min(Math.round(rows / images), Math.floor(tiles / threads)));
  const units = Math.ceil(tiles / wanted);
  const tilesPerUnit = Math.ceil(tiles / units);
  return { tiles, tilesPerUnit, units: Math.ceil(tiles / tilesPerUnit) };
}

/** As one thread would do it: how many share the work must not change which kernel does it, nor a bit of the result. */
export function winogradWork(kernel: TransformKernel, filter: Filter, output: Value, compilation: Compilation): Work {
  const { points, outputs } = TRANSFORMS[kernel];
  const { tiles, tilesPerUnit, units } = tilingOf(kernel, filter, output, { ...compilation, threads: 1 });
  const { images } = compilation;
  const inputs = Math.ceil(filter.inChannels / LANES) * LANES;
  const channels = panelsOf(filter.outChannels) * LANES;
  const lastRows = (tiles - (units - 1) * tilesPerUnit) * images;
  const rows = (units - 1) * rowsInTiles(tilesPerUnit * images) + rowsInTiles(lastRows);
  return {
    multiplyAdds: points ** 2 * rows * filter.inChannels * channels,
    transformFloats: tiles * images * (points ** 2 * inputs + outputs * points * channels),
    weightFloats: streamedWeights(points ** 2 * filter.inChannels * channels, units),
  };
}

export function emitWinograd(
  kernel: TransformKernel,
  filter: Filter,
  input: Value,
  { node, output, residual, clamp }: Operands,
  compilation: Compilation,
): Pick<Emitted, 'macsDone' | 'weightBytes'> {
  const { draft, weights, images } = compilation;
  const { tiles, tilesPerUnit, units } = tilingOf(kernel, filter, output, compilation);
  const packed = weights.transformed(kernel, filter);
  const panels = panelsOf(filter.outChannels);
  const inputBytes = 4 * TRANSFORMS[kernel].points ** 2 * tilesPerUnit * images * filter.inChannels;
  const panelsPerBlock = inputBytes > CACHE_BYTES ? panels : 1;
  draft.call(kernel, node, units, {
    inputOffset: input.buffer,
    outputOffset: output.buffer,
    weightsAt: packed.weights,
    biasAt: packed.bias,
    residualOffset: residual?.buffer ?? 0,
    clampAt: draft.clamp(clamp),
    tilesAt: tileTable(kernel, filter, input, output, compilation),
    tiles,
    tilesPerUnit,
    images,
    k: filter.inChannels,
    inputStride: input.channelStride,
    panels,
    outputStride: output.channelStride,
    pointBytes: packed.stride,
    panelsPerBlock,
  });
  const scratch = winogradScratch(kernel, { tilesPerUnit, images, k: filter.inChannels, panelsPerBlock });
  draft.scratchBytes = Math.max(draft.scratchBytes, scratch);
  return {
    macsDone: tiles * TRANSFORMS[kernel].points ** 2 * filter.inChannels * filter.outChannels,
    weightBytes: packed.bytes,
  };
}

function tileTable(
  kernel: TransformKernel,
  { padding }: Filter,
  input: Value,
  output: Value,
  { draft, images }: Compilation,
): Table {
  const { points, outputs } = TRANSFORMS[kernel];
  const from = rowStrides(input, images);
  const to = rowStrides(output, images);
  // The products of `toeplitz2` know the padding; its tile is the map itself.
  const [top, left] = kernel === 'toeplitz2' ? [0, 0] : [padding[0], padding[2]];
  const key = [kernel, input.map, output.map, top, left, from.image, to.image].join();
  return draft.table(`tiles ${key}`, () => {
    const words: number[] = [];
    for (let y = 0; y < output.map[1]; y += outputs) {
      for (let x = 0; x < output.map[2]; x += outputs) {
        words.push(...square(points, y - top, x - left, input, from), ...square(outputs, y, x, output, to));
      }
    }
    return Int32Array.from(words);
  });
}

/** Offsets of `side`·`side` positions from one on, row-major. */
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
