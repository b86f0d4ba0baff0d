/** Attention as a call. */
import { roundUp } from '../../../../../base/wasm/index.js';
import { callShape, floatBits, LANES, TILE_BYTES, TILE_ROWS } from '../../abi.js';
import { viewWays, weightless } from '../../planning/step.js';
import { baseWords, entriesOf, evenly, rowTable, stepOf } from '../../planning/strided.js';
import { tableOf } from '../../printing/eight-floats.js';
import { decay } from '../pointwise/float32.js';

/**
 * `output[row] = Σₛ softmaxₛ(cap(scale·(query[row]·key[row + s])) + bias[row + s])·value[row + s]`, where `cap(x) =
 * softcap·tanh(x/softcap)` for a float32 `softcap` above 0. A unit is a head of an image. `scale` is a float32.
 * - `rowsAt`: for each row, a query of a head, five int32 byte offsets, of output, query, keys, values and bias. The
 *   `queries` of a head follow one another and have the same keys and values.
 * - `keysAt`: for each of `keys` keys three int32 byte offsets, of key, value and bias.
 * - Queries and keys have `features`, values and outputs have `outputs`, which are `…Step` bytes apart.
 * - The bias lies at `biasAt` if that is not 0, at `biasOffset` if that is not 0, and otherwise there is none.
 * - `causal`: 1 if the n-th query of a head sees only its first n keys. `numbersAt`: the exponential's
 *   (`pointwise/float32.ts`).
 */
export const ATTENTION = callShape(
  'attention',
  'outputOffset queriesOffset keysOffset valuesOffset biasOffset biasAt rowsAt rows queries keysAt keys',
  'features queryStep keyStep outputs valueStep outputStep scale softcap causal numbersAt',
);

/** Bytes from one row of scores to the next, padded so that rows do not share cache sets. */
export function scoreBytes(keys: number): number {
  return roundUp(keys, LANES) * 4 + LANES * 4;
}

/** Lines of zeros, limits, a mask; keys and values as panels; queries, scores and outputs of a tile. */
export function attentionScratch(shape: { keys: number; features: number; outputs: number }): number {
  const { keys, features, outputs } = shape;
  const panels = roundUp(keys, LANES) * features + roundUp(outputs, LANES) * keys;
  const ofQueries = TILE_ROWS * (roundUp(features, LANES) * 4 + scoreBytes(keys));
  return 3 * LANES * 4 + panels * 4 + ofQueries + TILE_BYTES;
}

export const attentionWays = viewWays(
  'attention',
  ({ node, scale, softcap, causal }, { operands: [queries, keys, values, bias], outputs: [output] }, { draft }) => {
    const [q, k, v, o] = [queries!.axes, keys!.axes, values!.axes, output!.axes];
    const [tokens, features] = [q.length - 2, q.length - 1];
    const heads = q.slice(0, tokens).map((axis, i) => {
      return [o[i]!, axis, k[i]!, v[i]!, bias?.axes[i] ?? evenly(axis.length, 0)];
    });
    const asked = q[tokens]!.length;
    const seen = k[tokens]!.length;
    const none = (size: number) => evenly(size, 0);
    const queriesOf = [o[tokens]!, q[tokens]!, none(asked), none(asked), bias?.axes[tokens] ?? none(asked)];
    const keysOf = [k[tokens]!, v[tokens]!, bias?.axes[features] ?? none(seen)];
    const rows = entriesOf(heads) * asked;
    const biased = bias === undefined ? { offset: 0, at: 0 } : baseWords(bias);
    const [width, depth] = [q[features]!.length, v[features]!.length];
    draft.needScratch(attentionScratch({ keys: seen, features: width, outputs: depth }));
    draft.call(ATTENTION, node, rows / asked, {
      outputOffset: baseWords(output!).offset,
      queriesOffset: baseWords(queries!).offset,
      keysOffset: baseWords(keys!).offset,
      valuesOffset: baseWords(values!).offset,
      biasOffset: biased.offset,
      biasAt: biased.at,
      rowsAt: rowTable(draft, [...heads, queriesOf], 5),
      rows,
      queries: asked,
      keysAt: rowTable(draft, [keysOf], 3),
      keys: seen,
      features: width,
      queryStep: stepOf(q[features]!)!,
      keyStep: stepOf(k[features]!)!,
      outputs: depth,
      valueStep: stepOf(v[features]!)!,
      outputStep: stepOf(o[features]!)!,
      scale: floatBits(scale),
      softcap: floatBits(softcap),
      causal: Number(causal),
      // The numbers are the same with both arithmetics.
      numbersAt: draft.table('numbers of e^-x', () => tableOf(decay('plain', 1).entries)),
    });
    const images = o[0]!.length;
    return { ...weightless('attention'), macsDone: (rows / images) * seen * (width + depth) };
  },
);
