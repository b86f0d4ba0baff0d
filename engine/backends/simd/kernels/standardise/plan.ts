/** Norms and softmax of groups as calls. */
import { floatBits } from '../../abi/layout.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  type Reads,
  slow,
  type Way,
  weightless,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { baseWords, loopOver, rowTable, type Strided } from '../../planning/strided.js';
import { SOFTMAX_GROUPS, STANDARDISE } from './words.js';

type ViewReads = Extract<Reads, { operands: unknown }>;

export function standardiseWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (!('operands' in reads)) return [];
  if (step.kind === 'standardise') return onlyWay(() => emitStandardise(step, reads, compilation));
  if (step.kind === 'softmaxGroups') return onlyWay(() => emitSoftmax(step, reads, compilation));
  return [];
}

function emitStandardise(
  { node, grouped, eps, weight, bias }: StepOf<'standardise'>,
  { operands: [input, ...weights], outputs: [output] }: ViewReads,
  { draft }: Compilation,
): Emitted {
  const { rows, words } = groupsOf(draft, grouped, [output!, input!, weights[0] ?? input!]);
  const [weightStep, ...places] = [words.steps[2]!, ...weights.map((operand) => baseWords(operand).at)];
  draft.call(STANDARDISE, node, rows, {
    ...words,
    outputStep: words.steps[0]!,
    inputStep: words.steps[1]!,
    weightStep,
    weightsAt: weight ? places.shift()! : 0,
    biasAt: bias ? places.shift()! : 0,
    epsilon: floatBits(eps),
    ...bases(input!, output!),
  });
  return weightless('standardise');
}

function emitSoftmax(
  { node, grouped }: StepOf<'softmaxGroups'>,
  { operands: [input], outputs: [output] }: ViewReads,
  { draft }: Compilation,
): Emitted {
  const { rows, words } = groupsOf(draft, grouped, [output!, input!, input!]);
  draft.call(SOFTMAX_GROUPS, node, rows, {
    ...words,
    outputStep: words.steps[0]!,
    inputStep: words.steps[1]!,
    ...bases(input!, output!),
  });
  return slow('softmaxGroups');
}

function bases(input: Strided, output: Strided) {
  return { outputOffset: baseWords(output).offset, inputOffset: baseWords(input).offset };
}

/** Rows of groups, and the segments of each. Operands without weights have the offsets of the input there. */
function groupsOf(draft: Compilation['draft'], grouped: number, operands: readonly Strided[]) {
  const [first] = operands;
  const outer = first!.axes.length - grouped;
  const axes = first!.axes.slice(0, outer).map((_, axis) => operands.map((operand) => operand.axes[axis]!));
  const rows = axes.reduce((product, [output]) => product * output!.length, 1);
  const groups = operands.map((operand) => operand.axes.slice(outer));
  const { rowsAt: segmentsAt, rows: segments, columns, steps } = loopOver(draft, groups, Number.POSITIVE_INFINITY);
  return {
    rows,
    words: { rowsAt: rowTable(draft, axes, operands.length), rows, segmentsAt, segments, columns, steps },
  };
}
