/**
 * `functional.scaled_dot_product_attention`: `softmax(scale·QKᵀ + bias)·V` for each head. Inputs are queries
 * `[…, L, E]`, keys `[…, S, E]`, values `[…, S, F]`, and a bias or mask `[…, L, S]` or none; the output is `[…, L, F]`.
 * Axes before the last two that have size 1 are repeated. A mask of true and false is written as 0 and a large negative
 * number: weights must be finite.
 */
import { tanh } from '../../base/math/index.js';
import { combine } from './arithmetic.js';
import type { ModuleScope, Value } from './layer.js';
import { product, productShape } from './matmul.js';
import { DATA_TYPE, type OnnxNode, OnnxParts, type OnnxPlace } from './onnx-form.js';
import { broadcastShape, Misfit, type Operation, type Shape, type Values } from './operation.js';
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
  onnx: written,
};

/** @param queries shape, `[…, L, E]` */
export function attentionScale(queries: Shape, { scale }: AttentionAttrs): number {
  return scale ?? 1 / Math.sqrt(queries.at(-1)!);
}

function capped(score: number, { softcap }: AttentionAttrs): number {
  return softcap === undefined ? score : softcap * tanh(score / softcap);
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

/** Added to the scores of keys that a query must not see: exp of it is 0. */
const UNSEEN = -1e30;

/** Opset 17 does not have attention as one operator. */
function written(place: OnnxPlace, { scale, softcap, causal }: AttentionAttrs): OnnxNode[] {
  const { constants } = place;
  const [queries, keys, values, bias] = place.inputs as unknown as [string, string, string, string?];
  const axes = Array.from({ length: place.rankOf(queries) }, (_, axis) => axis);
  const later = causal ? ([constants.scalar(UNSEEN), constants.integer(1)] as const) : null;
  const parts = new OnnxParts(place);
  const asked = scaledQueries(parts, queries, scale === undefined ? null : constants.scalar(scale));
  const unbiased = bias === undefined ? 'biased' : 'dots';
  const transposed = parts.add('keys', 'Transpose', [keys], { perm: [...transposedShape(axes)] });
  let scores = parts.add(softcap === undefined ? unbiased : 'uncapped', 'MatMul', [asked, transposed]);
  if (softcap !== undefined) {
    const cap = constants.scalar(softcap);
    const bounded = parts.add('bounded', 'Tanh', [parts.add('narrow', 'Div', [scores, cap])]);
    scores = parts.add(unbiased, 'Mul', [bounded, cap]);
  }
  if (bias !== undefined) scores = parts.add('biased', 'Add', [scores, bias]);
  if (later !== null) {
    // The upper triangle, of the size that the scores turn out to have.
    const square = parts.add('square', 'Shape', [scores], { start: -2 });
    const unseen = parts.add('unseen', 'Expand', [later[0], square]);
    scores = parts.add('masked', 'Add', [scores, parts.add('mask', 'Trilu', [unseen, later[1]], { upper: 1 })]);
  }
  return parts.end('MatMul', [parts.add('scores', 'Softmax', [scores], { axis: -1 }), values]);
}

/** @param scale null: it is computed from the size of a query, which the file need not know */
function scaledQueries(parts: OnnxParts, queries: string, scale: string | null): string {
  if (scale !== null) return parts.add('queries', 'Mul', [queries, scale]);
  const size = parts.add('size', 'Shape', [queries], { start: -1 });
  const divisor = parts.add('divisor', 'Sqrt', [parts.add('float size', 'Cast', [size], { to: DATA_TYPE.float })]);
  return parts.add('queries', 'Div', [queries, divisor]);
}
