/**
 * Every kernel as plain scalar loops, as each `plan.ts` in `engine/backends/simd/kernels/` describes it. Sums and
 * transforms are in float64, and rounded to float32 when they are stored. Strides are in floats. `pieces` may be 0 for
 * `convolution`, and `taps` for `depthwise` and `averagePool`; the sum is then 0. A tile of `toeplitz2` has 9 input
 * offsets, `[3][3]`, with NOWHERE in the last row and column.
 */
import { LANES, TILE_ROWS } from '../../../engine/backends/simd/abi.js';
import type { SharedMemory } from '../../../engine/backends/simd/kernel-memory.js';
import { convolutionUnit, GROUP_PANEL_BYTES } from '../../../engine/backends/simd/kernels/convolution/plan.js';
import { RUN_BYTES, runColumns } from '../../../engine/backends/simd/kernels/depthwise/plan.js';
import { type KernelName, WORDS, type WordOf } from '../../../engine/backends/simd/kernels/registry.js';
import { FACTORS, STORED_BLOCKS } from '../../../engine/backends/simd/kernels/strassen/pack.js';
import {
  NOWHERE,
  TRANSFORMS,
  type TransformKernel,
  tilePoints,
  tileWords,
} from '../../../engine/backends/simd/kernels/winograd/tiles.js';
import { View } from './memory-view.js';
import {
  attentionHead,
  range as channels,
  combineRow,
  copyColumns,
  neighboursRow,
  pointwiseUnit,
  productRow,
  reduceRow,
  softmax,
  softmaxGroup,
  standardiseGroup,
} from './reference-views.js';
import { tileMatrices } from './winograd-matrices.js';

export type Kernel = (params: number, arena: number, from: number, to: number, scratch: number) => void;

/** Floats of a unit of `add`. */
const ADD_FLOATS = 1024;

type Parameters<K extends KernelName> = Record<WordOf<K>, number>;

/** The kernels over this memory, using whatever buffer it has at the time of a call. */
export function referenceKernels(memory: SharedMemory): Readonly<Record<KernelName, Kernel>> {
  function define<K extends KernelName>(
    name: K,
    unit: (view: View, params: Parameters<NoInfer<K>>, arena: number, unit: number) => void,
  ): Kernel {
    return (params, arena, from, to) => {
      const view = new View(memory.buffer);
      const words = Object.fromEntries(
        WORDS[name].map((word, i) => [word, view.word(params + 4 * i)]),
      ) as Parameters<K>;
      for (let u = from; u < to; u++) unit(view, words, arena, u);
    };
  }
  return {
    packRows: define('packRows', packRow),
    packChannels: define('packChannels', packRowChannels),
    convolution: define('convolution', convolutionTile),
    strassen: define('strassen', strassenUnit),
    depthwise: define('depthwise', depthwiseTile),
    winograd4: define('winograd4', winogradUnit('winograd4')),
    winograd2: define('winograd2', winogradUnit('winograd2')),
    toeplitz2: define('toeplitz2', winogradUnit('toeplitz2')),
    depthwiseRuns: define('depthwiseRuns', depthwiseRun),
    maxPool: define('maxPool', maxPoolPosition),
    averagePool: define('averagePool', averagePoolPosition),
    add: define('add', addUnit),
    softmax: define('softmax', softmaxUnit),
    copyChannels: define('copyChannels', copyRow),
    pointwise: define('pointwise', pointwiseUnit),
    copy: define('copy', copyColumns),
    combine: define('combine', combineRow),
    reduce: define('reduce', reduceRow),
    standardise: define('standardise', standardiseGroup),
    softmaxGroups: define('softmaxGroups', softmaxGroup),
    product: define('product', productRow),
    attention: define('attention', attentionHead),
    neighbours: define('neighbours', neighboursRow),
  };
}

function packRow(view: View, p: Parameters<'packRows'>, arena: number, y: number): void {
  for (let image = 0; image < p.images; image++) {
    const pixels = arena + p.pixelsOffset + (image * p.height + y) * p.width * p.channels;
    const row = arena + p.outputOffset + (y * p.images + image) * p.rowBytes;
    for (let i = 0; i < p.rowBytes / 4; i++) {
      const pixel = i - p.channels * p.left;
      const inside = pixel >= 0 && pixel < p.channels * p.width;
      view.store(row + 4 * i, inside ? normalised(view, p.scaleAt, pixel % p.channels, view.byte(pixels + pixel)) : 0);
    }
  }
}

function packRowChannels(view: View, p: Parameters<'packChannels'>, arena: number, y: number): void {
  for (let x = 0; x < p.width; x++) {
    for (let image = 0; image < p.images; image++) {
      const pixel = arena + p.pixelsOffset + ((image * p.height + y) * p.width + x) * p.channels;
      const row = arena + p.outputOffset + ((y * p.width + x) * p.images + image) * LANES * 4;
      for (let c = 0; c < LANES; c++) {
        view.store(row + 4 * c, c < p.channels ? normalised(view, p.scaleAt, c, view.byte(pixel + c)) : 0);
      }
    }
  }
}

function normalised(view: View, scaleAt: number, channel: number, pixel: number): number {
  return pixel * view.float(scaleAt + 4 * channel) + view.float(scaleAt + 4 * (12 + channel));
}

function convolutionTile(view: View, p: Parameters<'convolution'>, arena: number, unit: number): void {
  const { tile, panel } = convolutionUnit(unit, p);
  const isHalf = Number(panel >= p.panels - p.halfPanels);
  const [shift, channels, half] =
    p.panelsAt === 0
      ? [0, 4 * LANES * panel, isHalf]
      : [0, 4, 8].map((word) => view.integer(p.panelsAt + GROUP_PANEL_BYTES * panel + word));
  const weights = p.weightsAt + panel * p.panelBytes;
  forEachRow(view, p, tile, (inputOffset, outputOffset) => {
    const input = arena + p.inputOffset + shift! + inputOffset;
    const lanes = half === 0 ? LANES : LANES / 2;
    for (let lane = 0; lane < lanes; lane++) {
      let sum = 0;
      for (let piece = 0; piece < p.pieces; piece++) {
        const values = input + view.integer(p.piecesAt + 12 * piece);
        const factors = weights + view.integer(p.piecesAt + 12 * piece + 4) + 4 * lane;
        const terms = view.integer(p.piecesAt + 12 * piece + 8) / (4 * LANES);
        for (let k = 0; k < terms; k++) sum += view.float(values + 4 * k) * view.float(factors + 4 * LANES * k);
      }
      finish(view, p, arena, outputOffset + channels! + 4 * lane, channels! + 4 * lane, sum);
    }
  });
}

/** The direct product. Its halves are stored blocks, or the seven factors' (`B₁₁, B₂₁` and `B₂₂` are plain). */
function strassenUnit(view: View, p: Parameters<'strassen'>, arena: number, unit: number): void {
  const isStored = p.makesFactors === 1;
  const factorBytes = p.panelBytes / (isStored ? STORED_BLOCKS : FACTORS).length;
  const last = Math.min(p.rows, (unit + 1) * p.rowsPerUnit);
  for (let row = unit * p.rowsPerUnit; row < last; row++) {
    for (const at of [p.rowsAt + 16 * row, p.rowsAt + 16 * row + 8]) {
      const input = arena + p.inputOffset + view.integer(at);
      for (let out = 0; out < 2 * p.panels * LANES; out++) {
        const panel = Math.floor(out / LANES) % p.panels;
        let sum = 0;
        for (let piece = 0; piece < p.pieces; piece++) {
          const at = p.piecesAt + 12 * piece;
          const values = input + view.integer(at);
          const weights = p.weightsAt + panel * p.panelBytes + view.integer(at + 4) + 4 * (out % LANES);
          for (let k = 0; k < view.integer(at + 8) / (4 * LANES); k++) {
            const factor = (i: number) => view.float(weights + i * factorBytes + 4 * LANES * k);
            const [b11, b21] = [factor(0), factor(1)];
            const [b12, b22] = isStored ? [factor(2), factor(3)] : [factor(5) + b11, factor(6)];
            const [upper, lower] = out < p.panels * LANES ? [b11, b21] : [b12, b22];
            sum += view.float(values + 4 * k) * upper + view.float(values + 4 * (p.k + k)) * lower;
          }
        }
        finish(view, p, arena, view.integer(at + 4) + 4 * out, 4 * out, sum);
      }
    }
  }
}

function depthwiseTile(view: View, p: Parameters<'depthwise'>, arena: number, unit: number): void {
  const panel = unit % p.panels;
  forEachRow(view, p, Math.floor(unit / p.panels), (inputOffset, outputOffset) => {
    for (let lane = 0; lane < LANES; lane++) {
      const channel = 4 * (LANES * panel + lane);
      let sum = 0;
      for (let tap = 0; tap < p.taps; tap++) {
        const value = view.float(arena + p.inputOffset + inputOffset + view.integer(p.tapsAt + 8 * tap) + channel);
        sum += value * view.float(p.weightsAt + view.integer(p.tapsAt + 8 * tap + 4) + channel);
      }
      finish(view, p, arena, outputOffset + channel, channel, sum);
    }
  });
}

function depthwiseRun(view: View, p: Parameters<'depthwiseRuns'>, arena: number, unit: number): void {
  const [input, output, left, right] = [0, 1, 2, 3].map((word) =>
    view.integer(p.runsAt + RUN_BYTES * unit + 4 * word),
  ) as [number, number, number, number];
  const first = arena + p.inputOffset + input;
  const columns = runColumns(p);
  for (let i = 0; i < p.length; i++) {
    for (let channel = 0; channel < 4 * p.channels; channel += 4) {
      let sum = 0;
      for (let row = 0; row < p.rows; row++) {
        for (let tap = 0; tap < p.width; tap++) {
          const column = i * p.stride + tap;
          if (column < left || column >= columns - right) continue;
          const value = view.float(first + row * p.rowStep + column * p.columnStep + channel);
          sum += value * view.float(p.weightsAt + (row * p.width + tap) * p.weightStep + channel);
        }
      }
      finish(view, p, arena, output + i * p.outputStep + channel, channel, sum);
    }
  }
}

/** Visits the rows of a tile, with their byte offsets in the input and in the output. */
function forEachRow(
  view: View,
  { rowsAt }: { rowsAt: number },
  index: number,
  row: (inputOffset: number, outputOffset: number) => void,
): void {
  const tile = rowsAt + index * TILE_ROWS * 8;
  for (let r = 0; r < TILE_ROWS; r++) row(view.integer(tile + 8 * r), view.integer(tile + 8 * r + 4));
}

/** Adds bias and residual, clamps and stores; `offset` and `channel` in bytes. */
function finish(
  view: View,
  p: { outputOffset: number; residualOffset: number; biasAt: number; clampAt: number },
  arena: number,
  offset: number,
  channel: number,
  sum: number,
): void {
  const residual = p.residualOffset === 0 ? 0 : view.float(arena + p.residualOffset + offset);
  view.store(arena + p.outputOffset + offset, view.clamp(p.clampAt, sum + view.float(p.biasAt + channel) + residual));
}

function winogradUnit(kernel: TransformKernel) {
  const { points, outputs } = TRANSFORMS[kernel];
  const tileBytes = 4 * tileWords(kernel);

  return (view: View, p: Parameters<'winograd4'>, arena: number, unit: number): void => {
    const last = Math.min(p.tiles, (unit + 1) * p.tilesPerUnit);
    for (let tile = unit * p.tilesPerUnit; tile < last; tile++) {
      const [down, across] = offsets(view, p.tilesAt + tile * tileBytes, 2) as [number, number];
      const inputs = offsets(view, p.tilesAt + tile * tileBytes + 8, points ** 2);
      const written = offsets(view, p.tilesAt + tile * tileBytes + 8 + 4 * points ** 2, outputs ** 2);
      const [rows, columns] = [tilePoints(kernel, down), tilePoints(kernel, across)];
      const [ofRows, ofColumns] = [tileMatrices(kernel, down), tileMatrices(kernel, across)];
      const numbers = rows.flatMap((y) => columns.map((x) => y * points + x));
      const seen = corner(inputs, points, rows.length, columns.length);
      for (const point of numbers) {
        const [first, end] = offsets(view, p.rangesAt + 8 * point, 2) as [number, number];
        if (tile < first || tile >= end) throw new Error(`Tile ${tile} is not in the range of its point ${point}.`);
      }
      for (let image = 0; image < p.images; image++) {
        const transformed = channels(p.k).map((c) => {
          const at = arena + p.inputOffset + 4 * (image * p.inputStride + c);
          return bothAxes(
            ofRows.input,
            ofColumns.input,
            seen.map((offset) => (offset === NOWHERE ? 0 : view.float(at + offset))),
          );
        });
        for (const out of channels(p.panels * LANES)) {
          const products = numbers.map((point, i) => {
            const panel = p.weightsAt + point * p.pointBytes + Math.floor(out / LANES) * p.k * LANES * 4;
            return transformed.reduce(
              (sum, values, k) => sum + values[i]! * view.float(panel + 4 * (k * LANES + (out % LANES))),
              0,
            );
          });
          const values = bothAxes(ofRows.output, ofColumns.output, products);
          for (const [i, offset] of corner(written, outputs, down, across).entries()) {
            finish(view, p, arena, offset + 4 * (image * p.outputStride + out), 4 * out, values[i]!);
          }
        }
      }
    }
  };
}

/** The upper left corner of a square, row-major. */
function corner(square: readonly number[], side: number, rows: number, columns: number): number[] {
  return channels(rows).flatMap((y) => square.slice(y * side, y * side + columns));
}

function offsets(view: View, at: number, count: number): number[] {
  return channels(count).map((i) => view.integer(at + 4 * i));
}

/** `R·X·Cᵀ`, row-major. */
export function bothAxes(
  rows: readonly (readonly number[])[],
  columns: readonly (readonly number[])[],
  values: readonly number[],
): number[] {
  const width = columns[0]!.length;
  return rows.flatMap((rowWeights) =>
    columns.map((columnWeights) => {
      let sum = 0;
      for (const [y, rowWeight] of rowWeights.entries()) {
        for (const [x, columnWeight] of columnWeights.entries())
          sum += rowWeight * columnWeight * values[y * width + x]!;
      }
      return sum;
    }),
  );
}

function maxPoolPosition(view: View, p: Parameters<'maxPool'>, arena: number, position: number): void {
  forEachFloat(view, p, arena, position, (input, output) => {
    let max = Number.NEGATIVE_INFINITY;
    for (let tap = 0; tap < p.taps; tap++) max = Math.max(max, view.float(input + view.integer(p.tapsAt + 4 * tap)));
    view.store(output, view.clamp(p.clampAt, max));
  });
}

function averagePoolPosition(view: View, p: Parameters<'averagePool'>, arena: number, position: number): void {
  forEachFloat(view, p, arena, position, (input, output) => {
    let sum = 0;
    for (let tap = 0; tap < p.taps; tap++) sum += view.float(input + view.integer(p.tapsAt + 4 * tap));
    view.store(output, view.clamp(p.clampAt, sum / view.float(p.divisorAt)));
  });
}

/** Visits the floats of a position, with their addresses in the input and in the output. */
function forEachFloat(
  view: View,
  p: { inputOffset: number; outputOffset: number; positionsAt: number; floats: number },
  arena: number,
  position: number,
  float: (input: number, output: number) => void,
): void {
  const input = arena + p.inputOffset + view.integer(p.positionsAt + 8 * position);
  const output = arena + p.outputOffset + view.integer(p.positionsAt + 8 * position + 4);
  for (let i = 0; i < p.floats; i++) float(input + 4 * i, output + 4 * i);
}

function softmaxUnit(view: View, p: Parameters<'softmax'>, arena: number, unit: number): void {
  const logits = channels(p.classes).map((c) => view.float(arena + p.inputOffset + 4 * (unit * p.inputStride + c)));
  const shares = softmax(logits);
  for (let c = 0; c < Math.ceil(p.classes / LANES) * LANES; c++) {
    view.store(arena + p.outputOffset + 4 * (unit * p.outputStride + c), shares[c] ?? 0);
  }
}

function addUnit(view: View, p: Parameters<'add'>, arena: number, unit: number): void {
  const last = Math.min(p.floats, (unit + 1) * ADD_FLOATS);
  for (let i = unit * ADD_FLOATS; i < last; i++) {
    const b = p.bOffset === 0 ? 0 : view.float(arena + p.bOffset + 4 * i);
    view.store(arena + p.outputOffset + 4 * i, view.clamp(p.clampAt, view.float(arena + p.aOffset + 4 * i) + b));
  }
}

function copyRow(view: View, p: Parameters<'copyChannels'>, arena: number, row: number): void {
  const input = arena + p.inputOffset + 4 * row * p.inputStride;
  const output = arena + p.outputOffset + 4 * row * p.outputStride;
  for (let c = 0; c < p.channels; c++) view.store(output + 4 * c, view.float(input + 4 * c));
}
