/** Attention as a call. */
import { floatBits } from '../../abi/layout.js';
import {
  type Compilation,
  type Emitted,
  type Layer,
  onlyWay,
  type Reads,
  type Way,
  weightless,
} from '../../planning/emission.js';
import type { StepOf } from '../../planning/step.js';
import { baseWords, evenly, rowTable, stepOf } from '../../planning/strided.js';
import { ATTENTION, attentionScratch } from './words.js';

export function attentionWays({ step, reads }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'attention' || !('operands' in reads)) return [];
  return onlyWay(() => emitAttention(step, reads, compilation));
}

function emitAttention(
  { node, scale, softcap, causal }: StepOf<'attention'>,
  { operands: [queries, keys, values, bias], outputs: [output] }: Extract<Reads, { operands: unknown }>,
  { draft }: Compilation,
): Emitted {
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
  const rows = heads.reduce((product, [axis]) => product * axis!.length, asked);
  const biased = bias === undefined ? { offset: 0, at: 0 } : baseWords(bias);
  draft.needScratch(attentionScratch(seen));
  draft.call(ATTENTION, node, rows, {
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
    features: q[features]!.length,
    queryStep: stepOf(q[features]!)!,
    keyStep: stepOf(k[features]!)!,
    outputs: v[features]!.length,
    valueStep: stepOf(v[features]!)!,
    outputStep: stepOf(o[features]!)!,
    scale: floatBits(scale),
    softcap: floatBits(softcap),
    causal: Number(causal),
  });
  const images = o[0]!.length;
  return { ...weightless('attention'), macsDone: (rows / images) * seen * (q[features]!.length + v[features]!.length) };
}
