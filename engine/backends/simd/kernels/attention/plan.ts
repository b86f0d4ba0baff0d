/** Attention as a call. */
import { floatBits } from '../../abi/layout.js';
import { weightless } from '../../planning/emission.js';
import { baseWords, entriesOf, evenly, rowTable, stepOf } from '../../planning/strided.js';
import { viewWays } from '../../planning/view-ways.js';
import { tableOf } from '../../printing/eight-floats.js';
import { decay } from '../pointwise/float32.js';
import { ATTENTION, attentionScratch } from './words.js';

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
    return {
      ...weightless('attention'),
      macsDone: (rows / images) * seen * (width + depth),
    };
  },
);
