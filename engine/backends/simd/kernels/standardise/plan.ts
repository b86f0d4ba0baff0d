/** Norms and softmax of groups as calls. */
import { floatBits } from '../../abi/layout.js';
import { type Compilation, type Layer, slow, type Way, weightless } from '../../planning/emission.js';
import { baseWords, entriesOf, loopOver, rowTable, type Strided } from '../../planning/strided.js';
import { viewWays } from '../../planning/view-ways.js';

/** Where the entries of groups lie. */
const GROUPS = [
  'outputOffset',
  'inputOffset',
  'rowsAt',
  'rows',
  'segmentsAt',
  'segments',
  'columns',
  'outputStep',
  'inputStep',
] as const;

/**
 * `output = (input − μ)/√(σ² + ε)·weight + bias` over each group; without the last two where their address is 0. A row
 * is a group, and has `segments` of `columns` entries. `rowsAt` and `segmentsAt` have three int32 byte offsets for each:
 * of output, input and weights. Columns are `…Step` bytes apart. `epsilon` is a float32. A unit is a row.
 */
export const STANDARDISE = {
  name: 'standardise',
  words: [...GROUPS, 'weightStep', 'weightsAt', 'biasAt', 'epsilon'],
} as const;

/** Bytes of scratch that `standardise` needs: three numbers, each eight times. */
export const STANDARDISE_SCRATCH = 3 * 32;

/** `output = e^(input − max)/Σ e^(input − max)` over each group, laid out as for `standardise`, but without weights. */
export const SOFTMAX_GROUPS = { name: 'softmaxGroups', words: GROUPS } as const;

export function standardiseWays(layer: Layer, compilation: Compilation): Way[] {
  return [...normWays(layer, compilation), ...softmaxWays(layer, compilation)];
}

const normWays = viewWays(
  'standardise',
  ({ node, grouped, eps, weight, bias }, { operands: [input, ...weights], outputs: [output] }, { draft }) => {
    const { rows, words } = groupsOf(draft, grouped, [output!, input!, weights[0] ?? input!]);
    const [weightStep, ...places] = [words.steps[2]!, ...weights.map((operand) => baseWords(operand).at)];
    draft.needScratch(STANDARDISE_SCRATCH);
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
  },
);

const softmaxWays = viewWays(
  'softmaxGroups',
  ({ node, grouped }, { operands: [input], outputs: [output] }, { draft }) => {
    const { rows, words } = groupsOf(draft, grouped, [output!, input!, input!]);
    draft.call(SOFTMAX_GROUPS, node, rows, {
      ...words,
      outputStep: words.steps[0]!,
      inputStep: words.steps[1]!,
      ...bases(input!, output!),
    });
    return slow('softmaxGroups');
  },
);

function bases(input: Strided, output: Strided) {
  return { outputOffset: baseWords(output).offset, inputOffset: baseWords(input).offset };
}

/** Rows of groups, and the segments of each. Operands without weights have the offsets of the input there. */
function groupsOf(draft: Compilation['draft'], grouped: number, operands: readonly Strided[]) {
  const [first] = operands;
  const outer = first!.axes.length - grouped;
  const axes = first!.axes.slice(0, outer).map((_, axis) => operands.map((operand) => operand.axes[axis]!));
  const rows = entriesOf(axes);
  const groups = operands.map((operand) => operand.axes.slice(outer));
  const { rowsAt: segmentsAt, rows: segments, columns, steps } = loopOver(draft, groups, Number.POSITIVE_INFINITY);
  return {
    rows,
    words: { rowsAt: rowTable(draft, axes, operands.length), rows, segmentsAt, segments, columns, steps },
  };
}
