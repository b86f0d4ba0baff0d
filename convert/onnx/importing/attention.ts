/** Attention of opset 23 to 25, `softmax(scale·Q·Kᵀ + mask)·V`. Windows are an axis, or in the batch. */
import { floatAttribute, intAttribute } from '../file/onnx-model.js';
import { times } from './arithmetic.js';
import { type Mask, maskOf, type Visibility } from './attention-mask.js';
import type { Application, GraphBuilder, Operator } from './graph-builder.js';
import { aligned, reshaped, transposed } from './layout.js';
import { type ComputedValue, graphAxis, NotSupported, rankOf, type Value } from './value.js';

const KNOWN: ReadonlySet<string> = new Set([
  'is_causal',
  'kv_num_heads',
  'left_window_size',
  'q_num_heads',
  'qk_matmul_output_mode',
  'right_window_size',
  'scale',
  'softcap',
  'softmax_precision',
]);
/** From this input on: earlier keys, earlier values, and how many of them count. */
const CACHE = 4;

export const attention: Operator = (application) => {
  const { node, graph, name, inputs } = application;
  const stray = [...node.attributes.keys()].find((attribute) => !KNOWN.has(attribute));
  if (stray !== undefined) throw new NotSupported(`its attribute ${stray.slice(0, 100)} is not known`);
  if (inputs.slice(CACHE).some((input) => input != null)) {
    throw new NotSupported('it gets keys and values of earlier calls, or how many there are');
  }
  const [q, k, v] = aligned(graph, operands(application), name) as [ComputedValue, ComputedValue, ComputedValue];
  const heads = { q: intAttribute(node, 'q_num_heads', 0), kv: intAttribute(node, 'kv_num_heads', 0) };
  const isFlat = rankOf(q) === 3;
  const inHeads = (value: ComputedValue, count: number, part: string) =>
    isFlat ? byHead(graph, value, count, `${name}:${part}`) : value;
  const query = inHeads(q, heads.q, 'q');
  if (query.batch !== 0 || rankOf(query) < 4) {
    throw new NotSupported(`it gets [${graph.dims(q).join(', ')}]`);
  }
  const allKeys = inHeads(k, heads.kv, 'k');
  const allValues = inHeads(v, heads.kv, 'v');
  const key = forEach(graph, query, allKeys, `${name}:keys`);
  const value = forEach(graph, query, allValues, `${name}:values`);
  const visibility = visibilityOf(application, query, key);
  // Causality alone is an attribute of the graph's attention.
  const isPlain = inputs[3] == null && isUnlimited(visibility);
  const mask = isPlain ? { bias: null, seeing: null } : maskOf(graph, inputs[3] ?? null, query, visibility, name);
  const scores: Scores = {
    query,
    key,
    mask,
    softcap: floatAttribute(node, 'softcap', 0),
    scale: floatAttribute(node, 'scale', 1 / Math.sqrt(query.shape.at(-1)!)),
    isCausal: isPlain && visibility.isCausal,
  };
  const asked = (node.outputs[3] ?? '') === '' ? null : scoresAsked(application, scores, visibility);
  const made = attended(application, scores, value, isFlat || mask.seeing !== null ? `${name}:heads` : name);
  const output = isFlat ? sideBySide(graph, made, name) : made;
  return [output, allKeys, allValues, ...(asked === null ? [] : [asked])];
};

interface Scores {
  query: ComputedValue;
  key: ComputedValue;
  mask: Mask;
  /** 0: none. */
  softcap: number;
  scale: number;
  isCausal: boolean;
}

function operands({ inputs }: Application): Value[] {
  return [0, 1, 2].map((i) => {
    const input = inputs[i];
    if (input == null) throw new NotSupported(`its input ${i + 1} is missing`);
    return input;
  });
}

/** `[N, tokens, heads·width]` → `[N, heads, tokens, width]`. */
function byHead(graph: GraphBuilder, value: ComputedValue, heads: number, name: string): ComputedValue {
  const [batch = 0, tokens = 0, width = 0] = graph.dims(value);
  if (heads < 1 || width % heads !== 0) throw new NotSupported(`${heads} heads share ${width} values`);
  const apart = reshaped(graph, value, [batch, tokens, heads, width / heads], `${name} apart`);
  return transposed(graph, apart, [0, 2, 1, 3], name);
}

/** `[N, heads, tokens, width]` → `[N, tokens, heads·width]`. */
function sideBySide(graph: GraphBuilder, value: ComputedValue, name: string): ComputedValue {
  const together = transposed(graph, value, [0, 2, 1, 3], `${name}:together`);
  const [batch = 0, length = 0, count = 0, width = 0] = graph.dims(together);
  return reshaped(graph, together, [batch, length, count * width], name);
}

/** Where groups of heads share keys and values: once for each head. */
function forEach(graph: GraphBuilder, query: ComputedValue, shared: ComputedValue, name: string): ComputedValue {
  const [heads = 1, groups = 1] = [query.shape.at(-3), shared.shape.at(-3)];
  if (heads === groups) return shared;
  if (heads % groups !== 0) throw new NotSupported(`${heads} heads share ${groups} keys`);
  const indices = Array.from({ length: heads }, (_, head) => Math.floor((head * groups) / heads));
  return graph.add(name, { op: 'gather', attrs: { axis: graphAxis(-3, shared), indices } }, [shared]);
}

function visibilityOf({ node }: Application, query: ComputedValue, key: ComputedValue): Visibility {
  return {
    queries: query.shape.at(-2)!,
    keys: key.shape.at(-2)!,
    isCausal: intAttribute(node, 'is_causal', 0) === 1,
    left: intAttribute(node, 'left_window_size', -1),
    right: intAttribute(node, 'right_window_size', -1),
  };
}

function isUnlimited({ left, right }: Visibility): boolean {
  return left < 0 && right < 0;
}

/** `[N, heads, queries, width of a value]`. */
function attended({ node, graph, name }: Application, scores: Scores, value: ComputedValue, called: string) {
  const { query, key, mask, softcap, scale, isCausal } = scores;
  const attrs = {
    ...(node.attributes.has('scale') ? { scale } : {}),
    ...(softcap === 0 ? {} : { softcap }),
    ...(isCausal ? { causal: true } : {}),
  };
  const made = graph.add(
    called,
    { op: 'attention', attrs },
    [query, key, value, ...(mask.bias === null ? [] : [mask.bias])],
    {},
    query,
  );
  return mask.seeing === null ? made : graph.add(`${name}:seen`, { op: 'mul' }, [made, mask.seeing]);
}

/** The scores as an output: as they are, capped, with the mask, or as probabilities. */
function scoresAsked(application: Application, scores: Scores, visibility: Visibility): ComputedValue {
  const { node, graph, name } = application;
  const { query, key, softcap, scale } = scores;
  const mode = intAttribute(node, 'qk_matmul_output_mode', 0);
  const turned = transposed(graph, key, [0, 1, 3, 2], `${name}:turned keys`);
  const dots = graph.add(`${name}:dots`, { op: 'matmul' }, [query, turned], {}, query);
  const scaled = times(graph, dots, scale, `${name}:scaled`);
  if (mode === 0) return scaled;
  const capped = softcap === 0 ? scaled : soft(graph, scaled, softcap, name);
  if (mode === 1) return capped;
  const { bias, seeing } = scores.isCausal ? maskOf(graph, null, query, visibility, name) : scores.mask;
  const biased =
    bias === null
      ? capped
      : graph.add(`${name}:biased`, { op: 'add', attrs: {} }, aligned(graph, [capped, bias], name));
  if (mode === 2) return biased;
  const chances = graph.add(`${name}:chances`, { op: 'softmax', attrs: { axis: graphAxis(-1, biased) } }, [biased]);
  return seeing === null ? chances : graph.add(`${name}:seen chances`, { op: 'mul' }, [chances, seeing]);
}

/** `cap·tanh(x/cap)`. */
function soft(graph: GraphBuilder, x: ComputedValue, cap: number, name: string): ComputedValue {
  const narrow = times(graph, x, 1 / cap, `${name}:narrow`);
  const bounded = graph.add(`${name}:bounded`, { op: 'pointwise', attrs: { function: 'tanh' } }, [narrow]);
  return times(graph, bounded, cap, `${name}:capped`);
}
