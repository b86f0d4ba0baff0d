/** Random calls of each kernel, with shapes that fit no tile, residuals, clamps, and offsets in every table. */
import type { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi.js';
import { CONVOLUTION_SCRATCH } from '../../../engine/backends/simd/kernels/convolution/plan.js';
import { mostCut, RUN_SHAPES, runColumns } from '../../../engine/backends/simd/kernels/depthwise/plan.js';
import { pixelScale } from '../../../engine/backends/simd/kernels/ends/plan.js';
import { numbersOf } from '../../../engine/backends/simd/kernels/pointwise/plan.js';
import type { KernelName } from '../../../engine/backends/simd/kernels/registry.js';
import { FACTORS, STORED_BLOCKS } from '../../../engine/backends/simd/kernels/strassen/pack.js';
import { strassenScratch } from '../../../engine/backends/simd/kernels/strassen/plan.js';
import {
  NOWHERE,
  pointRanges,
  TRANSFORMS,
  type TransformKernel,
  tileRuns,
  tileWords,
  winogradScratch,
} from '../../../engine/backends/simd/kernels/winograd/tiles.js';
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { ARENA, Builder, filled, type KernelCase, type MakeCase, rowTable } from './case-builder.js';
import type { WebAssemblyMemory } from './memory-view.js';
import { bothAxes } from './reference-kernels.js';
import { viewCases } from './view-cases.js';
import { filterMatrix } from './winograd-matrices.js';

export { ARENA, type KernelCase };

const convolution: MakeCase<'convolution'> = (b) => {
  const [rows, k, panels] = b.sizes(40, 50, 3);
  const pieces = b.below(5);
  const [inputStride, outputStride] = [k + b.below(20), LANES * (panels + b.flag())];
  const { table, tiles } = rowTable(
    b.order(rows).map((row) => [4 * b.below(rows + 1) * inputStride, 4 * row * outputStride]),
  );
  const piece = (row: number) => [4 * b.below(8) * inputStride, row * k * LANES * 4, 4 * LANES * b.between(1, k)];
  const words = {
    inputOffset: b.input((rows + 10) * inputStride + 100),
    outputOffset: b.output(rows * outputStride),
    weightsAt: b.values(panels * pieces * k * LANES + 64),
    biasAt: b.values(panels * LANES),
    residualOffset: b.residual(),
    clampAt: b.clamp(),
    rowsAt: b.integers(table),
    rowTiles: tiles,
    blockTiles: b.between(1, tiles),
    panels,
    halfPanels: b.flag(),
    piecesAt: b.integers(b.order(pieces).map(piece)),
    pieces,
    piecesPerBlock: b.between(1, 3),
    panelBytes: pieces * k * LANES * 4,
    panelsAt: b.flag() * b.integers(b.order(panels).map((lane) => [4 * b.below(50), 64 * lane, b.flag()])),
    touches: b.flag(),
  };
  return { words, units: tiles * panels, scratchBytes: CONVOLUTION_SCRATCH, tolerance: 2e-6 };
};

const depthwise: MakeCase<'depthwise'> = (b) => {
  const [rows, panels] = b.sizes(40, 4);
  const taps = b.below(10);
  const stride = panels * LANES;
  const { table, tiles } = rowTable(b.order(rows).map((row) => [4 * b.below(rows) * stride, 4 * row * stride]));
  const words = {
    inputOffset: b.input((rows + 10) * stride),
    outputOffset: b.output(rows * stride),
    weightsAt: b.values((taps + 1) * stride),
    biasAt: b.values(stride),
    residualOffset: b.residual(),
    clampAt: b.clamp(),
    rowsAt: b.integers(table),
    rowTiles: tiles,
    panels,
    tapsAt: b.integers(b.order(taps).map((row) => [4 * b.below(9) * stride, row * stride * 4])),
    taps,
  };
  return { words, units: tiles * panels, tolerance: 2e-6 };
};

/** 3×3 filters that keep the size of their input, transformed as in the plan. */
function transformedFilters(
  kernel: TransformKernel,
  random: Random,
  count: number,
  pointBytes: number,
  size: number,
): Float32Array {
  const matrix = filterMatrix(kernel);
  const packed = new Float32Array((matrix.length ** 2 * pointBytes) / 4);
  for (let i = 0; i < count; i++) {
    const filter = Array.from({ length: 9 }, () => random.normal() / Math.sqrt(size));
    for (const [point, value] of bothAxes(matrix, matrix, filter).entries())
      packed[(point * pointBytes) / 4 + i] = value;
  }
  return packed;
}

/** Relative to the largest value. */
const TOLERANCES: Readonly<Record<TransformKernel, number>> = { winograd4: 1e-5, winograd2: 3e-6, toeplitz2: 3e-6 };

const winograd =
  (kernel: TransformKernel, size?: readonly [number, number]): MakeCase<TransformKernel> =>
  (b) => {
    const { points, outputs } = TRANSFORMS[kernel];
    const isFixed = kernel === 'toeplitz2';
    const [height, width] = size ?? (isFixed ? [2, 2] : b.sizes(13, 13));
    const [images, k, panels] = b.sizes(9, 40, 3);
    const inputStride = filled(k) + LANES * b.flag();
    const outputStride = LANES * (panels + b.flag());
    const position = (y: number, x: number, stride: number) =>
      y < 0 || x < 0 || y >= height || x >= width ? NOWHERE : 4 * (y * width + x) * images * stride;
    const square = (side: number, y: number, x: number, stride: number) =>
      Array.from({ length: side ** 2 }, (_, i) => position(y + Math.floor(i / side), x + (i % side), stride));
    // `toeplitz2` itself handles the padding before the first row and column.
    const before = isFixed ? 0 : 1;
    const runs = tileRuns(kernel, [height, width]);
    const table = runs.flatMap(({ down, across, origins }) =>
      origins.flatMap(([y, x]) => [
        ...[down, across, ...square(points, y - before, x - before, inputStride)],
        ...square(outputs, y, x, outputStride),
      ]),
    );
    const tiles = table.length / tileWords(kernel);
    const [tilesPerUnit, termsPerBlock, panelsPerBlock] = b.sizes(tiles + 1, k, panels);
    const pointBytes = panels * k * LANES * 4 + 64 * b.flag();
    const words = {
      inputOffset: b.input(height * width * images * inputStride + LANES),
      outputOffset: b.output(height * width * images * outputStride),
      weightsAt: b.memory.place(transformedFilters(kernel, b.random, panels * k * LANES, pointBytes, 9 * k)),
      biasAt: b.values(panels * LANES),
      residualOffset: b.residual(),
      clampAt: b.clamp(),
      tilesAt: b.integers(table),
      rangesAt: b.integers(pointRanges(kernel, runs).map(({ first, end }) => [first, end])),
      tiles,
      tilesPerUnit,
      images,
      k,
      termsPerBlock,
      inputStride,
      panels,
      outputStride,
      pointBytes,
      panelsPerBlock,
    };
    const scratchBytes = winogradScratch(kernel, { tilesPerUnit, images, k, panelsPerBlock });
    return { words, units: Math.ceil(tiles / tilesPerUnit), scratchBytes, tolerance: TOLERANCES[kernel] };
  };

const pooling: MakeCase<'maxPool' | 'averagePool'> = (b) => {
  const [positions, panels, taps] = b.sizes(20, 9, 10);
  const floats = LANES * panels;
  const words = {
    inputOffset: b.input((positions + 10) * floats),
    outputOffset: b.output(positions * floats),
    positionsAt: b.integers(b.order(positions).map((to) => [4 * b.below(positions) * floats, 4 * to * floats])),
    positions,
    tapsAt: b.integers(Array.from({ length: taps }, () => 4 * b.below(10) * floats)),
    taps,
    floats,
    clampAt: b.clamp(),
    divisorAt: b.floats(8, () => taps),
  };
  return { words, units: positions };
};

const add: MakeCase<'add'> = (b) => {
  const floats = LANES * b.between(1, 300);
  const words = {
    aOffset: b.input(floats),
    bOffset: b.flag() * b.input(floats),
    outputOffset: b.output(floats),
    floats,
    clampAt: b.clamp(),
  };
  return { words, units: Math.ceil(floats / 1024), tolerance: 1e-7 };
};

const softmax: MakeCase<'softmax'> = (b) => {
  const [rows, classes] = b.sizes(20, 70);
  const [inputStride, outputStride] = [filled(classes) + LANES * b.flag(), filled(classes) + LANES * b.flag()];
  // Far from zero: a maximum that is not subtracted overflows, or leaves nothing.
  const [scale, shift] = [10 ** (b.below(4) - 1), 400 * (b.below(3) - 1)];
  const words = {
    inputOffset: b.floats(rows * inputStride, () => shift + scale * b.random.normal()) - ARENA,
    inputStride,
    outputOffset: b.output(rows * outputStride),
    outputStride,
    rows,
    classes,
  };
  return { words, units: rows };
};

const copyChannels: MakeCase<'copyChannels'> = (b) => {
  const [rows, channels] = b.sizes(20, 50);
  const [inputStride, outputStride] = [channels + b.below(20), channels + b.below(20)];
  const words = {
    inputOffset: b.input(rows * inputStride),
    inputStride,
    outputOffset: b.output(rows * outputStride),
    outputStride,
    rows,
    channels,
  };
  return { words, units: rows, tolerance: 0 };
};

const MEAN = [0.485, 0.456, 0.406, 0.3];
const STD = [0.229, 0.224, 0.225, 0.25];

/** Random images of 1, 3 or 4 channels, with what both kernels on pixels share. */
function imagesOf(b: Builder) {
  const [images, height, width] = b.sizes(5, 9, 20);
  const channels = [1, 3, 4][b.below(3)]!;
  const pixels = Uint8Array.from({ length: images * height * width * channels }, () => b.below(256));
  const address = b.memory.allocate(pixels.length);
  new Uint8Array(b.memory.buffer).set(pixels, address);
  const scaleAt = b.memory.place(pixelScale(MEAN.slice(0, channels), STD.slice(0, channels)));
  return { pixelsOffset: address - ARENA, scaleAt, images, height, width, channels };
}

const packRows: MakeCase<'packRows'> = (b) => {
  const shared = imagesOf(b);
  const { images, height, width, channels } = shared;
  const [left, right] = [b.below(4), b.below(4)];
  const rowFloats = channels * (left + width + right) + b.below(5);
  const outputOffset = b.output(height * images * rowFloats);
  return { words: { ...shared, outputOffset, left, right, rowBytes: 4 * rowFloats }, units: height, tolerance: 2e-7 };
};

const packChannels: MakeCase<'packChannels'> = (b) => {
  const shared = imagesOf(b);
  const outputOffset = b.output(shared.height * shared.width * shared.images * LANES);
  return { words: { ...shared, outputOffset }, units: shared.height, tolerance: 2e-7 };
};

const depthwiseRuns: MakeCase<'depthwiseRuns'> = (b) => {
  const shape = RUN_SHAPES[b.below(RUN_SHAPES.length)]!;
  const [runs, rows, panels] = b.sizes(6, 5, 3);
  const channels = LANES * panels;
  const columns = runColumns(shape);
  const cut = () => b.below(mostCut(shape.width) + 1);
  const [inputStride, outputStride] = [channels + LANES * b.flag(), channels + LANES * b.flag()];
  const run = (to: number) => [4 * b.below(5) * inputStride, 4 * to * shape.length * outputStride, cut(), cut()];
  const words = {
    inputOffset: b.input((rows * columns + 5) * inputStride),
    outputOffset: b.output(runs * shape.length * outputStride),
    weightsAt: b.values(rows * shape.width * (channels + LANES)),
    biasAt: b.values(channels),
    residualOffset: b.residual(),
    clampAt: b.clamp(),
    runsAt: b.integers(b.order(runs).map(run)),
    ...shape,
    channels,
    rows,
    rowStep: 4 * columns * inputStride,
    columnStep: 4 * inputStride,
    weightStep: 4 * (channels + LANES * b.flag()),
    outputStep: 4 * outputStride,
  };
  return { words, units: runs, scratchBytes: 4 * channels };
};

/** Pairs of positions in rows, channels in halves, and each tap in two pieces. */
const strassen: MakeCase<'strassen'> = (b) => {
  const [units, taps, panels] = b.sizes(3, 4, 4);
  const k = 8 * b.between(1, 4);
  const rowsPerUnit = 2 * b.between(2, 10);
  const rows = (units - 1) * rowsPerUnit + 2 * b.between(2, rowsPerUnit / 2);
  const [inputStride, outputStride] = [2 * k + LANES * b.flag(), 2 * panels * LANES + LANES * b.flag()];
  const packedTaps = taps + b.below(3);
  const weightTaps = b.order(packedTaps).slice(0, taps);
  const inputs = weightTaps.map(() => 4 * b.below(9) * inputStride);
  const cut = b.between(1, k - 1);
  const pieces = (offset: (i: number) => number) =>
    b.integers(
      weightTaps.flatMap((tap, i) => [
        [offset(i), 4 * tap * k * LANES, 4 * cut * LANES],
        [offset(i) + 4 * cut, 4 * (tap * k + cut) * LANES, 4 * (k - cut) * LANES],
      ]),
    );
  const factorFloats = packedTaps * k * LANES;
  const [makesFactors, panelsPerGroup] = [b.flag(), b.between(1, panels)];
  const panelBytes = 4 * (makesFactors === 1 ? STORED_BLOCKS : FACTORS).length * factorFloats;
  const weights = strassenFactors(b.random, panels, factorFloats);
  const words = {
    rows,
    rowsPerUnit,
    taps,
    panels,
    k,
    inputOffset: b.input((rows + 10) * inputStride + 100),
    outputOffset: b.output(2 * rows * outputStride),
    weightsAt: b.memory.place(makesFactors === 1 ? storedBlocks(weights, factorFloats) : weights),
    biasAt: b.values(2 * panels * LANES),
    residualOffset: b.residual(),
    clampAt: b.clamp(),
    rowsAt: b.integers(b.order(2 * rows).map((to) => [4 * b.below(rows) * inputStride, 4 * to * outputStride])),
    panelsPerGroup,
    tapsAt: b.integers(inputs),
    piecesAt: pieces((i) => inputs[i]!),
    sumPiecesAt: pieces((i) => 4 * i * k),
    pieces: 2 * taps,
    piecesPerBlock: b.between(1, 3),
    panelBytes,
    makesFactors,
  };
  const scratchBytes = strassenScratch(words, makesFactors * panelsPerGroup * panelBytes);
  return { words, units, scratchBytes, tolerance: 1e-5 };
};

/** `[panel][factor][…]` of random blocks. */
function strassenFactors(random: Random, panels: number, factorFloats: number): Float32Array {
  const floats = new Float32Array(panels * FACTORS.length * factorFloats);
  for (let panel = 0; panel < panels; panel++) {
    for (let i = 0; i < factorFloats; i++) {
      const blocks = FACTORS[0].map(() => random.normal());
      for (const [factor, coefficients] of FACTORS.entries()) {
        const at = (panel * FACTORS.length + factor) * factorFloats + i;
        floats[at] = blocks.reduce((sum, value, block) => sum + coefficients[block]! * value, 0);
      }
    }
  }
  return floats;
}

/** The blocks of such factors: `B₁₂` is `T₁ + B₁₁`. */
function storedBlocks(factors: Float32Array, factorFloats: number): Float32Array {
  const panelFloats = FACTORS.length * factorFloats;
  const blocks = Array.from({ length: factors.length / panelFloats }, (_, panel) => {
    const factor = (i: number) => factors.subarray(panel * panelFloats + i * factorFloats).subarray(0, factorFloats);
    const [b11, b21, t1, b22] = [factor(0), factor(1), factor(5), factor(6)];
    return [...b11, ...b21, ...t1.map((value, i) => value + b11[i]!), ...b22];
  });
  return Float32Array.from(blocks.flat());
}

/** A whole exponent, since values are negative too. */
const ARGUMENTS = { alpha: 3, beta: 0.5, exponent: 3, min: -1, max: 0.5 };

const pointwise: MakeCase<'pointwise'> = (b) => {
  const floats = LANES * b.between(1, 140);
  const formula = b.below(POINTWISE_FUNCTIONS.length);
  const name = POINTWISE_FUNCTIONS[formula]!;
  const isOfPositive = ['log', 'sqrt', 'rsqrt', 'reciprocal'].includes(name);
  const value = () => (isOfPositive ? 0.1 + 5 * b.random.uniform() : 4 * b.random.normal());
  const words = {
    inputOffset: b.floats(floats, value) - ARENA,
    outputOffset: b.output(floats),
    floats,
    formula,
    numbersAt: b.memory.place(numbersOf({ function: name, ...(POINTWISE[name].inFloat32 ? {} : ARGUMENTS) })),
  };
  return { words, units: Math.ceil(floats / 1024) };
};

const CASES: { readonly [K in KernelName]: MakeCase<K> } = {
  convolution,
  strassen,
  depthwise,
  depthwiseRuns,
  winograd4: winograd('winograd4'),
  winograd2: winograd('winograd2'),
  toeplitz2: winograd('toeplitz2'),
  maxPool: pooling,
  averagePool: pooling,
  add,
  copyChannels,
  softmax,
  packRows,
  packChannels,
  pointwise,
  ...viewCases,
};

export const KERNELS = Object.keys(CASES) as KernelName[];

export function randomCase<K extends KernelName>(kernel: K, memory: WebAssemblyMemory, random: Random): KernelCase {
  return new Builder(memory, random).call(kernel, CASES[kernel]);
}

/** A case for a map of this height and width. */
export function winogradCase(
  kernel: 'winograd4' | 'winograd2',
  size: readonly [number, number],
  memory: WebAssemblyMemory,
  random: Random,
): KernelCase {
  return new Builder(memory, random).call(kernel, winograd(kernel, size));
}
