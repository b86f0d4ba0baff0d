/** Layer norm, group norm and softmax: the words of the calls. All of them need the whole of a group twice. */

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
