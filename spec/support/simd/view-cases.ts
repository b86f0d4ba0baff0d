/** Random calls of the kernels on views: rows anywhere, columns apart, operands in the arena and outside. */
import { floatBits } from '../../../engine/backends/simd/abi.js';
import { attentionScratch } from '../../../engine/backends/simd/kernels/attention/plan.js';
import { decay } from '../../../engine/backends/simd/kernels/pointwise/float32.js';
import { COMBINATIONS, REDUCTIONS, STANDARDISE_SCRATCH } from '../../../engine/backends/simd/kernels/views/plan.js';
import { tableOf } from '../../../engine/backends/simd/printing/eight-floats.js';
import { ARENA, type Builder, type MakeCase } from './case-builder.js';

/** Bytes from one column to the next: side by side mostly. */
const step = (b: Builder): number => (b.below(3) === 0 ? 4 * b.between(2, 5) : 4);

/** Offsets of a table, for operands some of which have no two rows in one place. */
function table(b: Builder, rows: number, ...rowBytes: readonly number[]): number {
  const orders = rowBytes.map(() => b.order(rows));
  return b.integers(Array.from({ length: rows }, (_, row) => rowBytes.map((bytes, i) => orders[i]![row]! * bytes)));
}

/** The offset of an operand in the arena, or its address outside of it. */
function anywhere(b: Builder, floats: number): [offset: number, at: number] {
  const address = b.values(floats);
  return b.flag() === 0 ? [address - ARENA, 0] : [0, address];
}

type PairShape = Record<'rows' | 'columns' | 'aStep' | 'bStep', number>;

/** The words of a pair loop. @param floats of each operand */
function pairLoop(b: Builder, shape: PairShape, floats: number) {
  const { rows, columns, aStep, bStep } = shape;
  const outputStep = step(b);
  const [[aOffset, aAt], [bOffset, bAt]] = [anywhere(b, floats), anywhere(b, floats)];
  const outputOffset = b.output((rows * columns * outputStep) / 4);
  const rowsAt = table(b, rows, columns * outputStep, columns * aStep, columns * bStep);
  return { ...shape, outputStep, outputOffset, aOffset, aAt, bOffset, bAt, rowsAt };
}

/** The words of a loop over rows with one operand that lies in the arena. @param more floats of it */
function rowLoop(b: Builder, rows: number, columns: number, more = 0) {
  const [outputStep, inputStep] = [step(b), step(b)];
  return {
    outputOffset: b.output((rows * columns * outputStep) / 4),
    inputOffset: b.input((rows * columns * inputStep) / 4 + more),
    rowsAt: table(b, rows, columns * outputStep, columns * inputStep),
    rows,
    outputStep,
    inputStep,
  };
}

const copy: MakeCase<'copy'> = (b) => {
  const [rows, columns] = b.sizes(12, 40);
  const [inputOffset, inputAt] = anywhere(b, rows * columns * 5);
  return { words: { ...rowLoop(b, rows, columns), columns, inputOffset, inputAt }, units: rows, tolerance: 0 };
};

const combine: MakeCase<'combine'> = (b) => {
  const [rows, columns] = b.sizes(12, 40);
  const [aStep, bStep] = [b.below(4) && step(b), b.below(4) && step(b)];
  // A power of a negative number is none.
  const names = COMBINATIONS.filter((combination) => combination !== 'pow');
  const formula = COMBINATIONS.indexOf(names[b.below(names.length)]!);
  const words = { ...pairLoop(b, { rows, columns, aStep, bStep }, rows * columns * 5), formula };
  return { words, units: rows, tolerance: 1e-7 };
};

const reduce: MakeCase<'reduce'> = (b) => {
  const [rows, columns, taps] = b.sizes(8, 20, 30);
  const words = {
    ...rowLoop(b, rows, columns, taps * columns * 5),
    columns,
    tapsAt: b.integers(b.order(taps).map((tap) => tap * columns * 4)),
    taps,
    formula: b.below(REDUCTIONS.length),
  };
  return { words, units: rows };
};

const softmaxGroups: MakeCase<'softmaxGroups'> = (b) => {
  const [rows, segments] = [b.between(1, 6), b.flag() === 0 ? 1 : b.between(2, 4)];
  const columns = b.flag() === 0 ? 8 * b.between(1, 30) : b.between(2, 30);
  const [outputStep, inputStep] = [step(b), step(b)];
  const bytes = [outputStep, inputStep, 4].map((each) => columns * each);
  const words = {
    outputOffset: b.output((rows * segments * columns * outputStep) / 4),
    inputOffset: b.input((rows * segments * columns * inputStep) / 4),
    rowsAt: table(b, rows, ...bytes.map((each) => each * segments)),
    rows,
    segmentsAt: table(b, segments, ...bytes),
    segments,
    columns,
    outputStep,
    inputStep,
  };
  return { words, units: rows };
};

const standardise: MakeCase<'standardise'> = (b) => {
  const { words, units } = softmaxGroups(b);
  const floats = words.rows * words.segments * words.columns;
  const [weightsAt, biasAt] = [b.below(3) && b.values(floats), b.below(3) && b.values(floats)];
  const more = { weightStep: 4, weightsAt, biasAt, epsilon: floatBits(1e-3) };
  return { words: { ...words, ...more }, units, scratchBytes: STANDARDISE_SCRATCH };
};

const product: MakeCase<'product'> = (b) => {
  const [rows, columns, terms] = b.sizes(8, 20, 30);
  const [aStep, bStep] = [b.flag() && step(b), step(b)];
  const loop = pairLoop(b, { rows, columns, aStep, bStep }, (rows + terms) * columns * 5);
  return { words: { ...loop, termsAt: table(b, terms, columns * 4, columns * 4), terms }, units: rows };
};

const attention: MakeCase<'attention'> = (b) => {
  const isLong = b.below(4) === 0;
  const [heads, queries, keys] = b.sizes(3, isLong ? 30 : 9, isLong ? 300 : 40);
  const [features, outputs] = b.sizes(isLong ? 150 : 20, 40);
  const [queryStep, keyStep, valueStep, outputStep] = [step(b), step(b), step(b), step(b)];
  const rows = heads * queries;
  const [biasOffset, biasAt] = b.flag() === 0 ? [0, 0] : anywhere(b, rows * keys);
  const words = {
    outputOffset: b.output((rows * outputs * outputStep) / 4),
    queriesOffset: b.input(rows * features * 5),
    keysOffset: b.input(heads * keys * features * 5),
    valuesOffset: b.input(heads * keys * outputs * 5),
    biasOffset,
    biasAt,
    rowsAt: b.integers(
      b.order(rows).map((to, row) => {
        const first = Math.floor(row / queries) * keys;
        const [keyAt, valueAt] = [first * features * keyStep, first * outputs * valueStep];
        return [to * outputs * outputStep, row * features * queryStep, keyAt, valueAt, row * keys * 4];
      }),
    ),
    rows,
    queries,
    keysAt: b.integers(
      Array.from({ length: keys }, (_, s) => [s * features * keyStep, s * outputs * valueStep, s * 4]),
    ),
    keys,
    features,
    queryStep,
    keyStep,
    outputs,
    valueStep,
    outputStep,
    scale: floatBits(1 / Math.sqrt(features)),
    softcap: floatBits(b.flag() * 1.5),
    causal: b.flag(),
    numbersAt: b.memory.place(tableOf(decay('plain', 1).entries)),
  };
  return { words, units: heads, scratchBytes: attentionScratch(words), tolerance: 2e-6 };
};

const neighbours: MakeCase<'neighbours'> = (b) => {
  const [rows, channels, size] = b.sizes(8, 20, 6);
  const factors = { alpha: floatBits(0.5), beta: floatBits(0.75), k: floatBits(1) };
  return { words: { ...rowLoop(b, rows, channels), channels, size, ...factors }, units: rows };
};

export const viewCases = { copy, combine, reduce, standardise, softmaxGroups, product, attention, neighbours };
