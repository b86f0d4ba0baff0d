/** Random calls of each kernel, with shapes that fit no tile, residuals, clamps, and offsets in every table. */

import type { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi/layout.js';
import { CONVOLUTION_SCRATCH } from '../../../engine/backends/simd/kernels/convolution/words.js';
import { mostCut, RUN_SHAPES, runColumns } from '../../../engine/backends/simd/kernels/depthwise/words.js';
import { pixelScale } from '../../../engine/backends/simd/kernels/pixels/plan.js';
import { numbersOf } from '../../../engine/backends/simd/kernels/pointwise/plan.js';
import type { KernelName } from '../../../engine/backends/simd/kernels/registry.js';
import { FACTORS, STORED_BLOCKS } from '../../../engine/backends/simd/kernels/strassen/factors.js';
import { strassenScratch } from '../../../engine/backends/simd/kernels/strassen/plan.js';
import { MATRICES } from '../../../engine/backends/simd/kernels/winograd/matrices.js';
import { pointRanges, tileRuns } from '../../../engine/backends/simd/kernels/winograd/tiles.js';
import {
  NOWHERE,
  TRANSFORMS,
  tileWords,
  winogradScratch,
} from '../../../engine/backends/simd/kernels/winograd/words.js';
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { ARENA, Builder, between, filled, type KernelCase, type MakeCase, rowTable, shuffled } from './case-builder.js';
import type { WebAssemblyMemory } from './memory-view.js';
import { bothAxes } from './reference-kernels.js';
import { viewCases } from './view-cases.js';

export { ARENA, type KernelCase };

const convolution: MakeCase = (b) => {
  const { random } = b;
  const [rows, k, pieces, panels] = [
    between(random, 1, 40),
    between(random, 1, 50),
    random.below(5),
    between(random, 1, 3),
  ];
  const inputStride = k + random.below(20);
  const outputStride = panels * LANES + LANES * random.below(2);
  const [hasResidual, hasPanels] = [random.below(2) === 1, random.below(2) === 1];
  const inputRows = rows + 10;
  const inputAt = b.values(inputRows * inputStride + 100);
  const output = b.output(rows * outputStride);
  const { table, tiles } = rowTable(
    shuffled(random, rows).map((row) => [4 * random.below(inputRows - 9) * inputStride, 4 * row * outputStride]),
  );
  const weightRows = shuffled(random, pieces);
  const params = b.params('convolution', {
    inputOffset: inputAt - ARENA,
    outputOffset: output.address - ARENA,
    weightsAt: b.values(panels * pieces * k * LANES + 64),
    biasAt: b.values(panels * LANES),
    residualOffset: hasResidual ? b.values(output.floats) - ARENA : 0,
    clampAt: b.clamp(),
    rowsAt: b.integers(table),
    rowTiles: tiles,
    blockTiles: between(random, 1, tiles),
    panels,
    halfPanels: random.below(2),
    piecesAt: b.integers(
      weightRows.flatMap((row) => [
        4 * random.below(8) * inputStride,
        row * k * LANES * 4,
        4 * LANES * between(random, 1, k),
      ]),
    ),
    pieces,
    piecesPerBlock: between(random, 1, 3),
    panelBytes: pieces * k * LANES * 4,
    panelsAt: hasPanels
      ? b.integers(shuffled(random, panels).flatMap((lane) => [4 * random.below(50), 64 * lane, random.below(2)]))
      : 0,
    touches: random.below(2),
  });
  const shape = { rows, k, pieces, panels, hasResidual, hasPanels };
  return { shape, params, units: tiles * panels, scratchBytes: CONVOLUTION_SCRATCH, output, tolerance: 2e-6 };
};

const depthwise: MakeCase = (b) => {
  const { random } = b;
  const [rows, taps, panels] = [between(random, 1, 40), random.below(10), between(random, 1, 4)];
  const stride = panels * LANES;
  const hasResidual = random.below(2) === 1;
  const inputAt = b.values((rows + 10) * stride);
  const output = b.output(rows * stride);
  const { table, tiles } = rowTable(
    shuffled(random, rows).map((row) => [4 * random.below(rows) * stride, 4 * row * stride]),
  );
  const params = b.params('depthwise', {
    inputOffset: inputAt - ARENA,
    outputOffset: output.address - ARENA,
    weightsAt: b.values((taps + 1) * stride),
    biasAt: b.values(stride),
    residualOffset: hasResidual ? b.values(output.floats) - ARENA : 0,
    clampAt: b.clamp(),
    rowsAt: b.integers(table),
    rowTiles: tiles,
    panels,
    tapsAt: b.integers(shuffled(random, taps).flatMap((row) => [4 * random.below(9) * stride, row * stride * 4])),
    taps,
  });
  const shape = { rows, taps, panels, hasResidual };
  return { shape, params, units: tiles * panels, scratchBytes: 0, output, tolerance: 2e-6 };
};

/** 3×3 filters that keep the size of their input, transformed as in the plan. */
function transformedFilters(
  kernel: keyof typeof TRANSFORMS,
  random: Random,
  k: number,
  panels: number,
  pointBytes: number,
): Float32Array {
  const { filter: matrix } = MATRICES[kernel];
  const packed = new Float32Array((matrix.length ** 2 * pointBytes) / 4);
  for (let i = 0; i < panels * k * LANES; i++) {
    const filter = Array.from({ length: 9 }, () => random.normal() / Math.sqrt(9 * k));
    for (const [point, value] of bothAxes(matrix, matrix, filter).entries())
      packed[(point * pointBytes) / 4 + i] = value;
  }
  return packed;
}

/** Relative to the largest value. */
const TOLERANCES: Readonly<Record<keyof typeof TRANSFORMS, number>> = {
  winograd4: 1e-5,
  winograd2: 3e-6,
  toeplitz2: 3e-6,
};

const winograd =
  (kernel: keyof typeof TRANSFORMS, size?: readonly [number, number]): MakeCase =>
  (b) => {
    const { random } = b;
    const { points, outputs } = TRANSFORMS[kernel];
    const isFixed = kernel === 'toeplitz2';
    const side = () => between(random, 1, 13);
    const [height, width] = size ?? (isFixed ? [2, 2] : [side(), side()]);
    const [images, k, panels] = [between(random, 1, 9), between(random, 1, 40), between(random, 1, 3)];
    const inputStride = filled(k) + LANES * random.below(2);
    const outputStride = panels * LANES + LANES * random.below(2);
    const hasResidual = random.below(2) === 1;
    const inputAt = b.values(height * width * images * inputStride + LANES);
    const output = b.output(height * width * images * outputStride);
    const table: number[] = [];
    const position = (y: number, x: number, stride: number) =>
      y < 0 || x < 0 || y >= height || x >= width ? NOWHERE : 4 * (y * width + x) * images * stride;
    // `toeplitz2` itself handles the padding before the first row and column.
    const before = isFixed ? 0 : 1;
    const runs = tileRuns(kernel, [height, width]);
    for (const { down, across, origins } of runs) {
      for (const [y, x] of origins) {
        table.push(down, across);
        for (let i = 0; i < points ** 2; i++) {
          table.push(position(y - before + Math.floor(i / points), x - before + (i % points), inputStride));
        }
        for (let i = 0; i < outputs ** 2; i++) {
          table.push(position(y + Math.floor(i / outputs), x + (i % outputs), outputStride));
        }
      }
    }
    const tiles = table.length / tileWords(kernel);
    const tilesPerUnit = between(random, 1, tiles + 1);
    const panelsPerBlock = between(random, 1, panels);
    const pointBytes = panels * k * LANES * 4 + 64 * random.below(2);
    const params = b.params('winograd4', {
      inputOffset: inputAt - ARENA,
      outputOffset: output.address - ARENA,
      weightsAt: b.memory.place(transformedFilters(kernel, random, k, panels, pointBytes)),
      biasAt: b.values(panels * LANES),
      residualOffset: hasResidual ? b.values(output.floats) - ARENA : 0,
      clampAt: b.clamp(),
      tilesAt: b.integers(table),
      rangesAt: b.integers(pointRanges(kernel, runs).flatMap(({ first, end }) => [first, end])),
      tiles,
      tilesPerUnit,
      images,
      k,
      termsPerBlock: between(random, 1, k),
      inputStride,
      panels,
      outputStride,
      pointBytes,
      panelsPerBlock,
    });
    return {
      shape: { height, width, images, k, panels, tilesPerUnit, panelsPerBlock, hasResidual },
      params,
      units: Math.ceil(tiles / tilesPerUnit),
      scratchBytes: winogradScratch(kernel, { tilesPerUnit, images, k, panelsPerBlock }),
      output,
      tolerance: TOLERANCES[kernel],
    };
  };

const pooling =
  (kernel: 'maxPool' | 'averagePool'): MakeCase =>
  (b) => {
    const { random } = b;
    const [positions, floats, taps] = [between(random, 1, 20), LANES * between(random, 1, 9), between(random, 1, 10)];
    const inputAt = b.values((positions + 10) * floats);
    const output = b.output(positions * floats);
    const common = {
      inputOffset: inputAt - ARENA,
      outputOffset: output.address - ARENA,
      positionsAt: b.integers(
        shuffled(random, positions).flatMap((to) => [4 * random.below(positions) * floats, 4 * to * floats]),
      ),
      positions,
      tapsAt: b.integers(Array.from({ length: taps }, () => 4 * random.below(10) * floats)),
      taps,
      floats,
      clampAt: b.clamp(),
    };
    const params =
      kernel === 'maxPool'
        ? b.params('maxPool', common)
        : b.params('averagePool', { ...common, divisorAt: b.memory.place(new Float32Array(8).fill(taps)) });
    return { shape: { positions, floats, taps }, params, units: positions, scratchBytes: 0, output, tolerance: 1e-6 };
  };

const add: MakeCase = (b) => {
  const floats = LANES * between(b.random, 1, 300);
  const isSum = b.random.below(2) === 1;
  const output = b.output(floats);
  const params = b.params('add', {
    aOffset: b.values(floats) - ARENA,
    bOffset: isSum ? b.values(floats) - ARENA : 0,
    outputOffset: output.address - ARENA,
    floats,
    clampAt: b.clamp(),
  });
  return {
    shape: { floats, isSum },
    params,
    units: Math.ceil(floats / 1024),
    scratchBytes: 0,
    output,
    tolerance: 1e-7,
  };
};

const softmax: MakeCase = (b) => {
  const { random } = b;
  const [rows, classes] = [between(random, 1, 20), between(random, 1, 70)];
  const inputStride = filled(classes) + LANES * random.below(2);
  const outputStride = filled(classes) + LANES * random.below(2);
  // Far from zero: a maximum that is not subtracted overflows, or leaves nothing.
  const [scale, shift] = [10 ** (random.below(4) - 1), 400 * (random.below(3) - 1)];
  const logits = Float32Array.from({ length: rows * inputStride }, () => shift + scale * random.normal());
  const output = b.output(rows * outputStride);
  const params = b.params('softmax', {
    inputOffset: b.memory.place(logits) - ARENA,
    inputStride,
    outputOffset: output.address - ARENA,
    outputStride,
    rows,
    classes,
  });
  return { shape: { rows, classes, scale, shift }, params, units: rows, scratchBytes: 0, output, tolerance: 1e-6 };
};

const copyChannels: MakeCase = (b) => {
  const { random } = b;
  const [rows, channels] = [between(random, 1, 20), between(random, 1, 50)];
  const [inputStride, outputStride] = [channels + random.below(20), channels + random.below(20)];
  const output = b.output(rows * outputStride);
  const params = b.params('copyChannels', {
    inputOffset: b.values(rows * inputStride) - ARENA,
    inputStride,
    outputOffset: output.address - ARENA,
    outputStride,
    rows,
    channels,
  });
  return { shape: { rows, channels }, params, units: rows, scratchBytes: 0, output, tolerance: 0 };
};

function pixels(b: Builder, count: number): number {
  const address = b.memory.allocate(count);
  const bytes = new Uint8Array(b.memory.buffer, address, count);
  for (let i = 0; i < count; i++) bytes[i] = b.random.below(256);
  return address;
}

const MEAN = [0.485, 0.456, 0.406, 0.3];
const STD = [0.229, 0.224, 0.225, 0.25];
const CHANNELS = [1, 3, 4];

function scaleOf(channels: number): Float32Array {
  return pixelScale(MEAN.slice(0, channels), STD.slice(0, channels));
}

const packRows: MakeCase = (b) => {
  const { random } = b;
  const [images, height, width] = [between(random, 1, 5), between(random, 1, 9), between(random, 1, 20)];
  const [left, right, more] = [random.below(4), random.below(4), random.below(5)];
  const channels = CHANNELS[random.below(CHANNELS.length)]!;
  const rowFloats = channels * (left + width + right) + more;
  const output = b.output(height * images * rowFloats);
  const params = b.params('packRows', {
    pixelsOffset: pixels(b, images * height * width * channels) - ARENA,
    outputOffset: output.address - ARENA,
    scaleAt: b.memory.place(scaleOf(channels)),
    images,
    height,
    width,
    left,
    right,
    rowBytes: 4 * rowFloats,
    channels,
  });
  const shape = { images, height, width, left, right, channels };
  return { shape, params, units: height, scratchBytes: 0, output, tolerance: 2e-7 };
};

const packChannels: MakeCase = (b) => {
  const { random } = b;
  const [images, height, width] = [between(random, 1, 5), between(random, 1, 9), between(random, 1, 20)];
  const channels = CHANNELS[random.below(CHANNELS.length)]!;
  const output = b.output(height * width * images * LANES);
  const params = b.params('packChannels', {
    pixelsOffset: pixels(b, images * height * width * channels) - ARENA,
    outputOffset: output.address - ARENA,
    scaleAt: b.memory.place(scaleOf(channels)),
    images,
    height,
    width,
    channels,
  });
  return {
    shape: { images, height, width, channels },
    params,
    units: height,
    scratchBytes: 0,
    output,
    tolerance: 2e-7,
  };
};

const depthwiseRuns: MakeCase = (b) => {
  const { random } = b;
  const shape = RUN_SHAPES[random.below(RUN_SHAPES.length)]!;
  const [runs, rows, channels] = [between(random, 1, 6), between(random, 1, 5), LANES * between(random, 1, 3)];
  const columns = runColumns(shape);
  const cut = () => random.below(mostCut(shape.width) + 1);
  const [inputStride, outputStride] = [channels + LANES * random.below(2), channels + LANES * random.below(2)];
  const output = b.output(runs * shape.length * outputStride);
  const params = b.params('depthwiseRuns', {
    inputOffset: b.values((rows * columns + 5) * inputStride) - ARENA,
    outputOffset: output.address - ARENA,
    weightsAt: b.values(rows * shape.width * (channels + LANES)),
    biasAt: b.values(channels),
    residualOffset: random.below(2) === 1 ? b.values(output.floats) - ARENA : 0,
    clampAt: b.clamp(),
    runsAt: b.integers(
      shuffled(random, runs).flatMap((run) => [
        4 * random.below(5) * inputStride,
        4 * run * shape.length * outputStride,
        cut(),
        cut(),
      ]),
    ),
    ...shape,
    channels,
    rows,
    rowStep: 4 * columns * inputStride,
    columnStep: 4 * inputStride,
    weightStep: 4 * (channels + LANES * random.below(2)),
    outputStep: 4 * outputStride,
  });
  return {
    shape: { ...shape, rows, channels },
    params,
    units: runs,
    scratchBytes: 4 * channels,
    output,
    tolerance: 1e-6,
  };
};

/** What calls at one level and at two share: rows of so many positions, and channels in as many parts. */
function strassenParts(b: Builder, parts: number, mostPanels: number) {
  const { random } = b;
  const [units, taps, panels, k] = [
    between(random, 1, 3),
    between(random, 1, 4),
    between(random, 1, mostPanels),
    8 * between(random, 1, 4),
  ];
  const rowsPerUnit = 2 * between(random, 2, 10);
  const rows = (units - 1) * rowsPerUnit + 2 * between(random, 2, rowsPerUnit / 2);
  const inputStride = parts * k + LANES * random.below(2);
  const outputStride = parts * panels * LANES + LANES * random.below(2);
  const positions = shuffled(random, parts * rows);
  const row = (i: number): [number, number] => [4 * random.below(rows) * inputStride, 4 * positions[i]! * outputStride];
  const packedTaps = taps + random.below(3);
  const weightTaps = shuffled(random, packedTaps).slice(0, taps);
  const inputs = weightTaps.map(() => 4 * random.below(9) * inputStride);
  const cut = between(random, 1, k - 1);
  const inTwo = (input: number, weights: number): number[] => [
    ...[input, weights, 4 * cut * LANES],
    ...[input + 4 * cut, weights + 4 * cut * LANES, 4 * (k - cut) * LANES],
  ];
  return {
    sizes: { rows, rowsPerUnit, taps, panels, k },
    units,
    inputFloats: (rows + 10) * inputStride + 100,
    outputFloats: parts * rows * outputStride,
    /** Floats of one factor. */
    factorFloats: packedTaps * k * LANES,
    inputs,
    /** Pairs of positions, of which the first has this number in its row. */
    pairs: (first: number) =>
      b.integers(
        Array.from({ length: rows }, (_, i) => [...row(first + parts * i), ...row(first + parts * i + 1)]).flat(),
      ),
    /** Each tap in two pieces. @param offset of the inputs of a tap */
    pieces: (offset: (i: number) => number) =>
      b.integers(weightTaps.flatMap((tap, i) => inTwo(offset(i), 4 * tap * k * LANES))),
  };
}

const strassen: MakeCase = (b) => {
  const { random } = b;
  const { sizes, units, inputFloats, outputFloats, factorFloats, inputs, pairs, pieces } = strassenParts(b, 2, 4);
  const { taps, panels, k } = sizes;
  const output = b.output(outputFloats);
  const makesFactors = random.below(2);
  const panelsPerGroup = between(random, 1, panels);
  const factors = makesFactors === 1 ? STORED_BLOCKS.length : FACTORS.length;
  const panelBytes = 4 * factors * factorFloats;
  const weights = strassenFactors(random, panels, factorFloats);
  const params = b.params('strassen', {
    ...sizes,
    inputOffset: b.values(inputFloats) - ARENA,
    outputOffset: output.address - ARENA,
    weightsAt: b.memory.place(makesFactors === 1 ? storedBlocks(weights, factorFloats) : weights),
    biasAt: b.values(2 * panels * LANES),
    residualOffset: random.below(2) === 1 ? b.values(output.floats) - ARENA : 0,
    clampAt: b.clamp(),
    rowsAt: pairs(0),
    panelsPerGroup,
    tapsAt: b.integers(inputs),
    piecesAt: pieces((i) => inputs[i]!),
    sumPiecesAt: pieces((i) => 4 * i * k),
    pieces: 2 * taps,
    piecesPerBlock: between(random, 1, 3),
    panelBytes,
    makesFactors,
  });
  const scratchBytes = strassenScratch(sizes, makesFactors * panelsPerGroup * panelBytes);
  return { shape: { ...sizes, makesFactors }, params, units, scratchBytes, output, tolerance: 1e-5 };
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

const pointwise: MakeCase = (b) => {
  const floats = LANES * between(b.random, 1, 140);
  const number = b.random.below(POINTWISE_FUNCTIONS.length);
  const name = POINTWISE_FUNCTIONS[number]!;
  const isOfPositive = ['log', 'sqrt', 'rsqrt', 'reciprocal'].includes(name);
  const value = () => (isOfPositive ? 0.1 + 5 * b.random.uniform() : 4 * b.random.normal());
  const output = b.output(floats);
  const params = b.params('pointwise', {
    inputOffset: b.memory.place(Float32Array.from({ length: floats }, value)) - ARENA,
    outputOffset: output.address - ARENA,
    floats,
    formula: number,
    numbersAt: b.memory.place(numbersOf({ function: name, ...(POINTWISE[name].inFloat32 ? {} : ARGUMENTS) })),
  });
  const shape = { floats, number };
  return { shape, params, units: Math.ceil(floats / 1024), scratchBytes: 0, output, tolerance: 1e-6 };
};

const CASES: Readonly<Record<KernelName, MakeCase>> = {
  convolution,
  strassen,
  depthwise,
  depthwiseRuns,
  winograd4: winograd('winograd4'),
  winograd2: winograd('winograd2'),
  toeplitz2: winograd('toeplitz2'),
  maxPool: pooling('maxPool'),
  averagePool: pooling('averagePool'),
  add,
  copyChannels,
  softmax,
  packRows,
  packChannels,
  pointwise,
  ...viewCases,
};

export const KERNELS = Object.keys(CASES) as KernelName[];

export function randomCase(kernel: KernelName, memory: WebAssemblyMemory, random: Random): KernelCase {
  return { kernel, ...CASES[kernel](new Builder(memory, random)) };
}

/** A case for a map of this height and width. */
export function winogradCase(
  kernel: 'winograd4' | 'winograd2',
  size: readonly [number, number],
  memory: WebAssemblyMemory,
  random: Random,
): KernelCase {
  return { kernel, ...winograd(kernel, size)(new Builder(memory, random)) };
}
