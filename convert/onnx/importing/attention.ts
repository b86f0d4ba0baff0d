/** The operator Attention of opset 23: `softmax(scale·Q·Kᵀ + mask)·V`, of heads side by side or one after another. */
import { floatAttribute, intAttribute } from '../file/attributes.js';
import { broadcastDims, type Constant } from '../folding/constant.js';
import { aligned } from './alignment.js';
import type { GraphBuilder } from './graph-builder.js';
import { reshaped, transposed } from './layout.js';
import { NotSupported } from './not-supported.js';
import { computed, type Operator } from './operator.js';
import { type ComputedValue, rankOf, type Value } from './value.js';

const KNOWN: ReadonlySet<string> = new Set([
  'is_causal',
  'kv_num_heads',
  'q_num_heads',
  'qk_matmul_output_mode',
  'scale',
  'softcap',
  'softmax_precision',
]);
/** Stands for minus infinity, which no tensor of a weights folder may have. */
const MASKED = -1e9;

export const attention: Operator = (application) => {
  const { node, graph, name, inputs } = application;
  const [q, k, v] = [0, 1, 2].map((i) => computed(application, i)) as [ComputedValue, ComputedValue, ComputedValue];
  const stray = [...node.attributes.keys()].find((attribute) => !KNOWN.has(attribute));
  if (stray !== undefined) throw new NotSupported(`its attribute ${stray.slice(0, 100)} is not known`);
  if ([4, 5, 6].some((i) => inputs[i] != null)) throw new NotSupported('it goes on from earlier keys and values');
  if (floatAttribute(node, 'softcap', 0) !== 0) throw new NotSupported('it has a softcap');
  if (intAttribute(node, 'qk_matmul_output_mode', 0) !== 0) throw new NotSupported('its scores are an output');
  const heads = { q: intAttribute(node, 'q_num_heads', 0), kv: intAttribute(node, 'kv_num_heads', 0) };
  const isFlat = rankOf(q) === 3;
  const inHeads = (value: ComputedValue, count: number, part: string) =>
    isFlat ? byHead(graph, value, count, `${name}:${part}`) : value;
  const query = inHeads(q, heads.q, 'q');
  const key = forEach(graph, query, inHeads(k, heads.kv, 'k'), `${name}:keys`);
  const value = forEach(graph, query, inHeads(v, heads.kv, 'v'), `${name}:values`);
  const mask = inputs[3] == null ? null : biasOf(graph, inputs[3], query, key, name);
  const scale = node.attributes.has('scale') ? { scale: floatAttribute(node, 'scale', 1) } : {};
  const isCausal = intAttribute(node, 'is_causal', 0) === 1;
  if (isCausal && mask !== null) throw new NotSupported('it is causal and has a mask');
  const attrs = { ...scale, ...(isCausal ? { causal: true } : {}) };
  const operands = mask === null ? [query, key, value] : [query, key, value, mask];
  const made = graph.add(isFlat ? `${name}:heads` : name, { op: 'attention', attrs }, operands);
  if (!isFlat) return made;
  const together = transposed(graph, made, [0, 2, 1, 3], `${name}:together`);
  const [batch = 0, length = 0, count = 0, width = 0] = graph.dims(together);
  return reshaped(graph, together, [batch, length, count * width], name);
};

/** `[N, tokens, heads·width]` → `[N, heads, tokens, width]`. */
function byHead(graph: GraphBuilder, value: ComputedValue, heads: number, name: string): ComputedValue {
  const [batch = 0, tokens = 0, width = 0] = graph.dims(value);
  if (heads < 1 || width % heads !== 0) throw new NotSupported(`${heads} heads share ${width} values`);
  const apart = reshaped(graph, value, [batch, tokens, heads, width / heads], `${name} apart`);
  return transposed(graph, apart, [0, 2, 1, 3], name);
}

/** Where groups of heads share keys and values: once for each head. */
function forEach(graph: GraphBuilder, query: ComputedValue, shared: ComputedValue, name: string): ComputedValue {
  const [heads = 1, groups = 1] = [query.shape[0], shared.shape[0]];
  if (heads === groups) return shared;
  if (heads % groups !== 0) throw new NotSupported(`${heads} heads share ${groups} keys`);
  const indices = Array.from({ length: heads }, (_, head) => Math.floor((head * groups) / heads));
  return graph.add(name, { op: 'gather', attrs: { axis: 1, indices } }, [shared]);
}

/** A mask of numbers is added; one of truth values lets through where it is true. */
function biasOf(
  graph: GraphBuilder,
  mask: Value,
  query: ComputedValue,
  key: ComputedValue,
  name: string,
): ComputedValue {
  const bias = mask.kind === 'constant' && mask.constant.kind === 'bool' ? numbered(mask) : mask;
  const [, beside] = aligned(graph, [query, bias], `${name}:mask`) as [ComputedValue, ComputedValue];
  const scores = [...query.shape.slice(0, -1), key.shape.at(-2)!];
  const fits = broadcastDims(beside.shape, scores).join() === scores.join() && beside.shape.at(-1) === scores.at(-1);
  if (!fits) throw new NotSupported(`its mask has the shape [${beside.shape.join(', ')}]`);
  return beside;
}

function numbered(mask: Extract<Value, { kind: 'constant' }>): Value {
  const { dims, data } = mask.constant;
  const length = dims.at(-1) ?? 1;
  for (let row = 0; row < data.length; row += length) {
    if (data.subarray(row, row + length).every((allowed) => allowed === 0))
      throw new NotSupported('its mask hides all keys');
  }
  const constant: Constant = {
    kind: 'float',
    dims,
    data: Float32Array.from(data, (allowed) => (allowed === 0 ? MASKED : 0)),
  };
  return { ...mask, constant };
}
