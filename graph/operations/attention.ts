/**
 * `functional.scaled_dot_product_attention`: `softmax(scale·QKᵀ + bias)·V` for each head. Inputs are the queries
 * `[…, L, E]`, the keys `[…, S, E]`, the values `[…, S, F]`, and if there is one the bias or mask `[…, L, S]`, which is
 * added. All have the same number of dimensions; axes before the last two that have size 1 are repeated. The output is
 * `[…, L, F]`.
 *
 * A mask of true and false is written as 0 and a large negative number: weights must be finite.
 */
import { combine } from './arithmetic.js';
import type { ModuleScope, Value } from './layer.js';
import { product, productShape } from './matmul.js';
import { broadcastShape, Misfit } from './misfit.js';
import type { Operation, Shape, Values } from './operation.js';
import { permuted } from './permute.js';
import { softmaxAlong } from './softmax.js';

export interface AttentionAttrs {
  /** Left out: `1/√E`. */
  scale?: number;
  /** Scores are bounded softly before the bias: `softcap·tanh(score/softcap)`. Above 0; left out: they are not. */
  softcap?: number;
  /** Whether query `i` sees only keys `0` to `i`. */
  causal?: boolean;
}

export const operation: Operation<'attention', AttentionAttrs> = {
  op: 'attention',
  outputShape(inputs) {
    const [queries, keys, values, bias] = inputs;
    if (inputs.length < 3 || inputs.length > 4 || !queries || !keys || !values) {
      throw new Misfit(`it has ${inputs.length} inputs, 3 or 4 are needed`);
    }
    const scores = productShape(queries, keys.length < 2 ? keys : transposedShape(keys));
    if (bias !== undefined && broadcastShape([scores, bias]).slice(-2).join() !== scores.slice(-2).join()) {
      throw new Misfit(`its bias is [${bias.join(', ')}], its scores are [${scores.join(', ')}]`);
    }
    return productShape(bias === undefined ? scores : broadcastShape([scores, bias]), values);
  },
  reference([queries, keys, values, bias], attrs) {
    const scale = attentionScale(queries!.shape, attrs);
    const dots = product(queries!, transposed(keys!));
    const scaled = { shape: dots.shape, data: dots.data.map((dot) => capped(scale * dot, attrs)) };
    const biased = bias === undefined ? scaled : combine(scaled, bias, (a, b) => a + b);
    const scores = softmaxAlong(attrs.causal ? withoutLater(biased) : biased, biased.shape.length - 1);
    return product(scores, values!);
  },
};

/** @param queries shape, `[…, L, E]` */
export function attentionScale(queries: Shape, { scale }: AttentionAttrs): number {
  return scale ?? 1 / Math.sqrt(queries.at(-1)!);
}

function capped(score: number, { softcap }: AttentionAttrs): number {
  return softcap === undefined ? score : softcap * Math.tanh(score / softcap);
}

function transposedShape(shape: Shape): Shape {
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
}

function transposed(values: Values): Values {
  const axes = values.shape.map((_, axis) => axis);
  return permuted(values, transposedShape(axes));
}

/** -∞ for keys after the query. */
function withoutLater({ shape, data }: Values): Values {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const masked = data.map((score, i) => {
    const [query, key] = [Math.floor(i / columns) % rows, i % columns];
    return key > query ? Number.NEGATIVE_INFINITY : score;
  });
  return { shape, data: masked };
}

/** In the `forward` of `module`. @param inputs queries, keys, values and, if there is one, the bias */
export function attention(module: ModuleScope, inputs: readonly Value[], attrs: AttentionAttrs = {}): Value {
  return module.functional('attention', operation, attrs, inputs, { channels: inputs[2]!.channels, spatial: null });
}
