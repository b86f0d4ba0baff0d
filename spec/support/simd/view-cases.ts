/** Random calls of the kernels on views: rows anywhere, columns apart, operands in the arena and outside. */

import type { Random } from '../../../base/index.js';
import { floatBits } from '../../../engine/backends/simd/abi/layout.js';
import { attentionScratch } from '../../../engine/backends/simd/kernels/attention/plan.js';
import { COMBINATIONS } from '../../../engine/backends/simd/kernels/combine/plan.js';
import { decay } from '../../../engine/backends/simd/kernels/pointwise/float32.js';
import { REDUCTIONS } from '../../../engine/backends/simd/kernels/reduce/plan.js';
import { STANDARDISE_SCRATCH } from '../../../engine/backends/simd/kernels/standardise/plan.js';
import { tableOf } from '../../../engine/backends/simd/printing/eight-floats.js';
import { ARENA, type Builder, between, type MakeCase } from './case-builder.js';

type ViewKernel =
  | 'copy'
  | 'combine'
  | 'reduce'
  | 'standardise'
  | 'softmaxGroups'
  | 'product'
  | 'attention'
  | 'neighbours';

/** Bytes from one column to the next: side by side mostly. */
const stepOf = (random: Random): number => (random.below(3) === 0 ? 4 * between(random, 2, 5) : 4);

/** Offsets of a table, for operands of which some have no two rows in one place. */
function table(b: Builder, rows: number, rowBytes: readonly number[]): number {
  const orders = rowBytes.map(() => Array.from(b.random.sample(rows, rows)));
  return b.integers(
    Array.from({ length: rows }, (_, row) => rowBytes.map((bytes, i) => orders[i]![row]! * bytes)).flat(),
  );
}

/** An operand in the arena or outside of it. */
function anywhere(b: Builder, floats: number): { offset: number; at: number } {
  const address = b.values(floats);
  return b.random.below(2) === 0 ? { offset: address - ARENA, at: 0 } : { offset: 0, at: address };
}

interface PairShape {
  rows: number;
  columns: number;
  outputStep: number;
  aStep: number;
  bStep: number;
}

/** The words of a pair loop, and its output. @param floats of each operand */
function pairLoop(b: Builder, { rows, columns, outputStep, aStep, bStep }: PairShape, floats: number) {
  const output = b.output((rows * columns * outputStep) / 4);
  const [left, right] = [anywhere(b, floats), anywhere(b, floats)];
  const words = {
    outputOffset: output.address - ARENA,
    aOffset: left.offset,
    aAt: left.at,
    bOffset: right.offset,
    bAt: right.at,
    rowsAt: table(b, rows, [columns * outputStep, columns * aStep, columns * bStep]),
    rows,
    columns,
    outputStep,
    aStep,
    bStep,
  };
  return { output, words };
}

const copy: MakeCase = (b) => {
  const { random } = b;
  const [rows, columns] = [between(random, 1, 12), between(random, 1, 40)];
  const [outputStep, inputStep] = [stepOf(random), stepOf(random)];
  const output = b.output((rows * columns * outputStep) / 4);
  const input = anywhere(b, (rows * columns * inputStep) / 4);
  const params = b.params('copy', {
    outputOffset: output.address - ARENA,
    inputOffset: input.offset,
    inputAt: input.at,
    rowsAt: table(b, rows, [columns * outputStep, columns * inputStep]),
    rows,
    columns,
    outputStep,
    inputStep,
  });
  return { shape: { rows, columns }, params, units: rows, scratchBytes: 0, output, tolerance: 0 };
};

const combine: MakeCase = (b) => {
  const { random } = b;
  const [rows, columns] = [between(random, 1, 12), between(random, 1, 40)];
  const outputStep = stepOf(random);
  const [aStep, bStep] = [random, random].map((one) => (one.below(4) === 0 ? 0 : stepOf(one))) as [number, number];
  // A power of a negative number is none.
  const number = random.below(COMBINATIONS.length - 1);
  const name = COMBINATIONS.filter((combination) => combination !== 'pow')[number]!;
  const { output, words } = pairLoop(b, { rows, columns, outputStep, aStep, bStep }, rows * columns * 5);
  const params = b.params('combine', { ...words, formula: COMBINATIONS.indexOf(name) });
  return {
    shape: { rows, columns, number, aStep, bStep },
    params,
    units: rows,
    scratchBytes: 0,
    output,
    tolerance: 1e-7,
  };
};

const reduce: MakeCase = (b) => {
  const { random } = b;
  const [rows, columns, taps] = [between(random, 1, 8), between(random, 1, 20), between(random, 1, 30)];
  const [outputStep, inputStep] = [stepOf(random), stepOf(random)];
  const number = random.below(REDUCTIONS.length);
  const output = b.output((rows * columns * outputStep) / 4);
  const params = b.params('reduce', {
    outputOffset: output.address - ARENA,
    inputOffset: b.values((rows + taps) * columns * 5) - ARENA,
    rowsAt: table(b, rows, [columns * outputStep, columns * inputStep]),
    rows,
    columns,
    outputStep,
    inputStep,
    tapsAt: b.integers(Array.from(random.sample(taps, taps), (tap) => tap * columns * 4)),
    taps,
    formula: number,
  });
  return { shape: { rows, columns, taps, number }, params, units: rows, scratchBytes: 0, output, tolerance: 1e-6 };
};

/** Groups of segments, with what both kernels on them share. */
function groups(b: Builder) {
  const { random } = b;
  const [rows, segments] = [between(random, 1, 6), random.below(2) === 0 ? 1 : between(random, 2, 4)];
  const columns = random.below(2) === 0 ? 8 * between(random, 1, 30) : between(random, 2, 30);
  const [outputStep, inputStep] = [stepOf(random), stepOf(random)];
  const bytes = [outputStep, inputStep, 4].map((step) => columns * step);
  const output = b.output((rows * segments * columns * outputStep) / 4);
  const words = {
    outputOffset: output.address - ARENA,
    inputOffset: b.values((rows * segments * columns * inputStep) / 4) - ARENA,
    rowsAt: table(
      b,
      rows,
      bytes.map((one) => one * segments),
    ),
    rows,
    segmentsAt: table(b, segments, bytes),
    segments,
    columns,
    outputStep,
    inputStep,
  };
  return { shape: { rows, segments, columns, outputStep, inputStep }, words, output };
}

const standardise: MakeCase = (b) => {
  const { shape, words, output } = groups(b);
  const floats = shape.rows * shape.segments * shape.columns;
  const params = b.params('standardise', {
    ...words,
    weightStep: 4,
    weightsAt: b.random.below(3) === 0 ? 0 : b.values(floats),
    biasAt: b.random.below(3) === 0 ? 0 : b.values(floats),
    epsilon: floatBits(1e-3),
  });
  const scratchBytes = STANDARDISE_SCRATCH;
  return { shape, params, units: shape.rows, scratchBytes, output, tolerance: 1e-6 };
};

const softmaxGroups: MakeCase = (b) => {
  const { shape, words, output } = groups(b);
  const params = b.params('softmaxGroups', words);
  return { shape, params, units: shape.rows, scratchBytes: 0, output, tolerance: 1e-6 };
};

const product: MakeCase = (b) => {
  const { random } = b;
  const [rows, columns, terms] = [between(random, 1, 8), between(random, 1, 20), between(random, 1, 30)];
  const outputStep = stepOf(random);
  const [aStep, bStep] = [random.below(2) === 0 ? 0 : stepOf(random), stepOf(random)];
  const { output, words } = pairLoop(b, { rows, columns, outputStep, aStep, bStep }, (rows + terms) * columns * 5);
  const params = b.params('product', { ...words, termsAt: table(b, terms, [columns * 4, columns * 4]), terms });
  return {
    shape: { rows, columns, terms, aStep, bStep },
    params,
    units: rows,
    scratchBytes: 0,
    output,
    tolerance: 1e-6,
  };
};

const attention: MakeCase = (b) => {
  const { random } = b;
  const isLong = random.below(4) === 0;
  const [heads, queries] = [between(random, 1, 3), between(random, 1, isLong ? 30 : 9)];
  const keys = between(random, 1, isLong ? 300 : 40);
  const [features, outputs] = [between(random, 1, isLong ? 150 : 20), between(random, 1, 40)];
  const [queryStep, keyStep, valueStep, outputStep] = [random, random, random, random].map(stepOf) as [
    number,
    ...number[],
  ];
  const rows = heads * queries;
  const output = b.output((rows * outputs * outputStep!) / 4);
  const biases = [{ offset: 0, at: 0 }, anywhere(b, rows * keys)][random.below(2)]!;
  const order = Array.from(random.sample(rows, rows));
  const params = b.params('attention', {
    outputOffset: output.address - ARENA,
    queriesOffset: b.values(rows * features * 5) - ARENA,
    keysOffset: b.values(heads * keys * features * 5) - ARENA,
    valuesOffset: b.values(heads * keys * outputs * 5) - ARENA,
    biasOffset: biases.offset,
    biasAt: biases.at,
    rowsAt: b.integers(
      order.flatMap((to, row) => {
        const head = Math.floor(row / queries);
        const from = [
          row * features * queryStep,
          head * keys * features * keyStep!,
          head * keys * outputs * valueStep!,
        ];
        return [to * outputs * outputStep!, ...from, row * keys * 4];
      }),
    ),
    rows,
    queries,
    keysAt: b.integers(
      Array.from({ length: keys }, (_, s) => [s * features * keyStep!, s * outputs * valueStep!, s * 4]).flat(),
    ),
    keys,
    features,
    queryStep,
    keyStep: keyStep!,
    outputs,
    valueStep: valueStep!,
    outputStep: outputStep!,
    scale: floatBits(1 / Math.sqrt(features)),
    softcap: floatBits(random.below(2) * 1.5),
    causal: random.below(2),
    numbersAt: b.memory.place(tableOf(decay('plain', 1).entries)),
  });
  const shape = { heads, queries, keys, features, outputs };
  const scratchBytes = attentionScratch({ keys, features, outputs });
  return { shape, params, units: heads, scratchBytes, output, tolerance: 2e-6 };
};

const neighbours: MakeCase = (b) => {
  const { random } = b;
  const [rows, channels, size] = [between(random, 1, 8), between(random, 1, 20), between(random, 1, 6)];
  const [outputStep, inputStep] = [stepOf(random), stepOf(random)];
  const output = b.output((rows * channels * outputStep) / 4);
  const params = b.params('neighbours', {
    outputOffset: output.address - ARENA,
    inputOffset: b.values((rows * channels * inputStep) / 4) - ARENA,
    rowsAt: table(b, rows, [channels * outputStep, channels * inputStep]),
    rows,
    channels,
    outputStep,
    inputStep,
    size,
    alpha: floatBits(0.5),
    beta: floatBits(0.75),
    k: floatBits(1),
  });
  return { shape: { rows, channels, size }, params, units: rows, scratchBytes: 0, output, tolerance: 1e-6 };
};

export const viewCases: Readonly<Record<ViewKernel, MakeCase>> = {
  copy,
  combine,
  reduce,
  standardise,
  softmaxGroups,
  product,
  attention,
  neighbours,
};
