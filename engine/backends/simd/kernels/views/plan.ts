/** Steps on views as calls: a loop over rows of entries that may lie anywhere. */
import type { Reduction } from '../../../../../graph/index.js';
import { callShape, floatBits } from '../../abi.js';
import type { Combination } from '../../planning/step.js';
import { type Compilation, type Layer, slow, viewWays, type Way, weightless } from '../../planning/step.js';
import {
  baseWords,
  entriesOf,
  loopOver,
  mapLoop,
  PAIR_LOOP,
  pairLoop,
  picked,
  rowTable,
  type Strided,
  stepOf,
} from '../../planning/strided.js';

/**
 * `output[row][column] = input[row][column]`. `rowsAt`: a pair of int32 byte offsets, output and input, for each row.
 * Columns are `…Step` bytes apart. The input lies at `inputAt` if that is not 0, else in the arena. A unit is a row.
 */
export const COPY = callShape('copy', 'outputOffset inputOffset inputAt rowsAt rows columns outputStep inputStep');

export const copyWays = viewWays('copy', ({ node, picks, inOrder }, { operands, outputs }, { draft }) => {
  for (const [i, operand] of operands.entries()) {
    if (inOrder && i > 0) draft.nextStep();
    const input = [...picks[i]!].reduce((from, [axis, entries]) => picked(from, axis + 1, entries), operand);
    const loop = mapLoop(draft, outputs[i]!, input);
    draft.call(COPY, node, loop.rows, loop);
  }
  return weightless('copy');
});

/** `output = f(a, b)` in a pair loop. `formula`: a number of `COMBINATIONS`. A unit is a row. */
export const COMBINE = callShape('combine', PAIR_LOOP, 'formula');

/** Each function by its number. `prelu` is `a`, or `a·b` below 0. */
export const COMBINATIONS: Combination[] = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'gate', 'pow', 'prelu'];

/** `ADD: 0`, …. */
export const COMBINATION_NUMBERS = Object.fromEntries(COMBINATIONS.map((name, i) => [name.toUpperCase(), i]));

export const combineWays = viewWays('combine', (step, { operands, outputs }, { draft }) => {
  const loop = pairLoop(draft, outputs[0]!, operands[0]!, operands[1]!);
  draft.call(COMBINE, step.node, loop.rows, { ...loop, formula: COMBINATIONS.indexOf(step.function) });
  const name = `combine (${step.function})`;
  return step.function === 'pow' || step.function === 'prelu' ? slow(name) : weightless(name);
});

/** `output = Σ over terms of a·b` in a pair loop. `termsAt`: int32 offsets of `a` and `b` for each. A unit is a row. */
export const PRODUCT = callShape('product', PAIR_LOOP, 'termsAt terms');

export const productWays = viewWays('product', ({ node }, { operands, outputs }, { draft }) => {
  const [a, b, output] = [operands[0]!, operands[1]!, outputs[0]!];
  const outer = output.axes.length;
  const terms = a.axes.slice(outer).map((axis, i) => [axis, b.axes[outer + i]!]);
  const count = entriesOf(terms);
  const loop = pairLoop(draft, output, a, b);
  draft.call(PRODUCT, node, loop.rows, { ...loop, termsAt: rowTable(draft, terms, 2), terms: count });
  const [, ...shape] = output.axes.map(({ length }) => length);
  return slow(
    'product',
    shape.reduce((product, size) => product * size, count),
  );
});

/**
 * `output[row][column] = f over taps of input[row][column + tap]`. `rowsAt`: a pair of int32 byte offsets, output and
 * input, for each row. Columns are `…Step` bytes apart. `tapsAt`: an int32 byte offset for each of at least one tap.
 * `formula`: a number of `REDUCTIONS`. A unit is a row.
 */
export const REDUCE = callShape(
  'reduce',
  'outputOffset inputOffset rowsAt rows columns outputStep inputStep tapsAt taps formula',
);

/** Each function by its number. */
export const REDUCTIONS = ['mean', 'sum', 'max', 'min', 'prod', 'l1', 'l2'] as const satisfies readonly Reduction[];

/** `MEAN: 0`, …. */
export const REDUCTION_NUMBERS = Object.fromEntries(REDUCTIONS.map((name, i) => [name.toUpperCase(), i]));

export const reduceWays = viewWays('reduce', (step, { operands, outputs }, { draft }) => {
  const [input, output] = [operands[0]!, outputs[0]!];
  const loop = mapLoop(draft, output, input);
  const taps = input.axes.slice(output.axes.length).map((axis) => [axis]);
  draft.call(REDUCE, step.node, loop.rows, {
    ...loop,
    tapsAt: rowTable(draft, taps, 1),
    taps: entriesOf(taps),
    formula: REDUCTIONS.indexOf(step.function),
  });
  const name = `reduce (${step.function})`;
  return loop.inputStep === 4 && loop.columns > 1 ? weightless(name) : slow(name);
});

/**
 * `output[row][c] = input[row][c]/(k + α/size·Σ input[row][neighbour]²)^β` over `size` neighbouring channels, of which
 * `size/2` come before, rounded down. `rowsAt`: a pair of int32 byte offsets, output and input, for each row. Channels
 * are `…Step` bytes apart. `alpha`, `beta` and `k` are float32. A unit is a row.
 */
export const NEIGHBOURS = callShape(
  'neighbours',
  'outputOffset inputOffset rowsAt rows channels outputStep inputStep size alpha beta k',
);

export const neighboursWays = viewWays(
  'neighbours',
  ({ node, size, alpha, beta, k }, { operands: [input], outputs: [output] }, { draft }) => {
    const last = output!.axes.length - 1;
    const axes = output!.axes.slice(0, last).map((axis, i) => [axis, input!.axes[i]!]);
    const rows = entriesOf(axes);
    draft.call(NEIGHBOURS, node, rows, {
      outputOffset: baseWords(output!).offset,
      inputOffset: baseWords(input!).offset,
      rowsAt: rowTable(draft, axes, 2),
      rows,
      channels: output!.axes[last]!.length,
      outputStep: stepOf(output!.axes[last]!)!,
      inputStep: stepOf(input!.axes[last]!)!,
      size,
      alpha: floatBits(alpha),
      beta: floatBits(beta),
      k: floatBits(k),
    });
    return slow('neighbours');
  },
);

/** Where the entries of groups lie. */
const GROUPS = 'outputOffset inputOffset rowsAt rows segmentsAt segments columns outputStep inputStep';

/**
 * `output = (input − μ)/√(σ² + ε)·weight + bias` over each group; without the last two where their address is 0. A row
 * is a group, and has `segments` of `columns` entries. `rowsAt` and `segmentsAt` have three int32 byte offsets for
 * each: of output, input and weights. Columns are `…Step` bytes apart. `epsilon` is a float32. A unit is a row.
 */
export const STANDARDISE = callShape('standardise', GROUPS, 'weightStep weightsAt biasAt epsilon');

/** Bytes of scratch that `standardise` needs: three numbers, each eight times. */
export const STANDARDISE_SCRATCH = 3 * 32;

/** `output = e^(input − max)/Σ e^(input − max)` over each group, laid out as for `standardise`, but without weights. */
export const SOFTMAX_GROUPS = callShape('softmaxGroups', GROUPS);

export function standardiseWays(layer: Layer, compilation: Compilation): Way[] {
  return [...normWays(layer, compilation), ...softmaxWays(layer, compilation)];
}

const normWays = viewWays(
  'standardise',
  ({ node, grouped, eps, weight, bias }, { operands: [input, ...weights], outputs: [output] }, { draft }) => {
    const words = groupsOf(draft, grouped, output!, input!, weights[0]);
    const places = weights.map((operand) => baseWords(operand).at);
    draft.needScratch(STANDARDISE_SCRATCH);
    draft.call(STANDARDISE, node, words.rows, {
      ...words,
      weightsAt: weight ? places.shift()! : 0,
      biasAt: bias ? places.shift()! : 0,
      epsilon: floatBits(eps),
    });
    return weightless('standardise');
  },
);

const softmaxWays = viewWays(
  'softmaxGroups',
  ({ node, grouped }, { operands: [input], outputs: [output] }, { draft }) => {
    const words = groupsOf(draft, grouped, output!, input!);
    draft.call(SOFTMAX_GROUPS, node, words.rows, words);
    return slow('softmaxGroups');
  },
);

/** Rows of groups, and the segments of each. Without weights, their offsets are those of the input. */
function groupsOf(draft: Compilation['draft'], grouped: number, output: Strided, input: Strided, weights = input) {
  const operands = [output, input, weights];
  const outer = output.axes.length - grouped;
  const axes = output.axes.slice(0, outer).map((_, axis) => operands.map((operand) => operand.axes[axis]!));
  const groups = operands.map((operand) => operand.axes.slice(outer));
  const { rowsAt: segmentsAt, rows: segments, columns, steps } = loopOver(draft, groups, Number.POSITIVE_INFINITY);
  const [outputStep, inputStep, weightStep] = steps as [number, number, number];
  return {
    outputOffset: baseWords(output).offset,
    inputOffset: baseWords(input).offset,
    rowsAt: rowTable(draft, axes, operands.length),
    rows: entriesOf(axes),
    segmentsAt,
    segments,
    columns,
    outputStep,
    inputStep,
    weightStep,
  };
}
