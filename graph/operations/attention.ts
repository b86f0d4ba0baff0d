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
import { DATA_TYPE, type OnnxConstants, type OnnxNode, type OnnxPlace } from './onnx-form.js';
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
  onnx: written,
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

/** Added to the scores of keys that a query must not see: exp of it is 0. */
const UNSEEN = -1e30;

/** Opset 17 does not have attention as one operator. */
function written({ name, inputs, constants, rankOf }: OnnxPlace, attrs: AttentionAttrs): OnnxNode[] {
  const [queries, keys, values, bias] = inputs as unknown as [string, string, string, string?];
  const rank = rankOf(queries);
  const value = (part: string) => `${name}/${part}`;
  const last = Array.from({ length: rank }, (_, axis) => axis);
  const swapped = [...last.slice(0, -2), rank - 1, rank - 2];
  const masked = attrs.causal ? causalMask(name, value('biased'), constants) : [];
  const dots = bias === undefined ? value('biased') : value('dots');
  const product = attrs.softcap === undefined ? dots : value('uncapped');
  return [
    ...scaledQueries(name, queries, attrs.scale, constants),
    { op: 'Transpose', inputs: [keys], output: value('keys'), attributes: { perm: swapped } },
    { op: 'MatMul', inputs: [value('queries'), value('keys')], output: product },
    ...(attrs.softcap === undefined ? [] : cappedScores(name, product, attrs.softcap, dots, constants)),
    ...(bias === undefined ? [] : [{ op: 'Add', inputs: [dots, bias], output: value('biased') }]),
    ...masked,
    {
      op: 'Softmax',
      inputs: [attrs.causal ? value('masked') : value('biased')],
      output: value('scores'),
      attributes: { axis: -1 },
    },
    { op: 'MatMul', inputs: [value('scores'), values], output: name },
  ];
}

/** Without a scale, it is computed from the size of a query, which the file need not know. */
function scaledQueries(name: string, queries: string, scale: number | undefined, constants: OnnxConstants): OnnxNode[] {
  const output = `${name}/queries`;
  if (scale !== undefined) return [{ op: 'Mul', inputs: [queries, constants.scalar(scale)], output }];
  return [
    { op: 'Shape', inputs: [queries], output: `${name}/size`, attributes: { start: -1 } },
    { op: 'Cast', inputs: [`${name}/size`], output: `${name}/float size`, attributes: { to: DATA_TYPE.float } },
    { op: 'Sqrt', inputs: [`${name}/float size`], output: `${name}/divisor` },
    { op: 'Div', inputs: [queries, `${name}/divisor`], output },
  ];
}

/** `cap·tanh(x/cap)`. */
function cappedScores(name: string, x: string, cap: number, output: string, constants: OnnxConstants): OnnxNode[] {
  const factor = constants.scalar(cap);
  return [
    { op: 'Div', inputs: [x, factor], output: `${name}/narrow` },
    { op: 'Tanh', inputs: [`${name}/narrow`], output: `${name}/bounded` },
    { op: 'Mul', inputs: [`${name}/bounded`, factor], output },
  ];
}

/** The upper triangle, of the size that the scores turn out to have. */
function causalMask(name: string, scores: string, constants: OnnxConstants): OnnxNode[] {
  const value = (part: string) => `${name}/${part}`;
  return [
    { op: 'Shape', inputs: [scores], output: value('square'), attributes: { start: -2 } },
    { op: 'Expand', inputs: [constants.scalar(UNSEEN), value('square')], output: value('unseen') },
    {
      op: 'Trilu',
      inputs: [value('unseen'), constants.integer(1)],
      output: value('mask'),
      attributes: { upper: 1 },
    },
    { op: 'Add', inputs: [scores, value('mask')], output: value('masked') },
  ];
}
