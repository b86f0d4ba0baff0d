/** Norms and softmax of groups as calls. */
import { callShape } from '../../abi/call.js';
import { floatBits } from '../../abi/layout.js';
import { type Compilation, type Layer, slow, viewWays, type Way, weightless } from '../../planning/emission.js';
import { baseWords, entriesOf, loopOver, rowTable, type Strided } from '../../planning/strided.js';

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
