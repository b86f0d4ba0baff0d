/**
 * A small network with what transformers and modern convolutional networks consist of: a gate on channels, a layer norm
 * of channels between permutations, tokens with a class token and a position, attention with a bias that is gathered
 * from a table, layer scale, and normalised features. It takes images of 8×8.
 */
import { type BoundGraph, bind, type Graph, parameters } from '../../graph/index.js';
import { adaptiveAvgPool2d } from '../../graph/operations/adaptive-pooling.js';
import { add, operation as sum } from '../../graph/operations/add.js';
import { multiply } from '../../graph/operations/arithmetic.js';
import { attention } from '../../graph/operations/attention.js';
import { operation as concat } from '../../graph/operations/concat.js';
import { conv2d } from '../../graph/operations/convolution.js';
import { operation as gather } from '../../graph/operations/gather.js';
import { type Layer, type ModuleScope, sequential, type Value } from '../../graph/operations/layer.js';
import { layerNorm } from '../../graph/operations/layer-norm.js';
import { linear } from '../../graph/operations/linear.js';
import { normalize } from '../../graph/operations/normalize.js';
import { parameter } from '../../graph/operations/parameter.js';
import { permute, operation as permuting } from '../../graph/operations/permute.js';
import { pointwise } from '../../graph/operations/pointwise.js';
import { reshape, operation as reshaping } from '../../graph/operations/reshape.js';
import { selectToken, slicing } from '../../graph/operations/slice.js';
import { traceGraph } from '../../graph/trace-graph.js';
import { pseudoTensor } from './pseudo-weights.js';

export const SIDE = 8;
const CHANNELS = 8;
const TOKENS = 1 + (SIDE / 2) ** 2;
const HEADS = 2;
/** Rows of the table of biases; the bias of a pair of tokens is row `(3·query + key) % ROWS`. */
const ROWS = 11;

/** Outputs of rank 1 to 3 an image, one of each part. */
export const TAPS = ['gate', 'mixer', 'blocks.0', 'blocks.0.attn:attention', 'norm', ''];

export function tokenNetwork(): BoundGraph {
  const traced = traceGraph(network);
  const [input, ...nodes] = traced.nodes;
  const graph: Graph = { ...traced, nodes: [{ ...input!, op: 'input', size: [SIDE, SIDE] }, ...nodes] };
  return bind(graph, new Map([...parameters(graph)].map(([name, shape]) => [name, pseudoTensor(name, shape)])));
}

const network: Layer = (m, image) => {
  const patches = m.run('patch_embed', conv2d(CHANNELS, 2, { stride: 2 }), image);
  const maps = m.run('mixer', mixer, m.run('gate', gate, patches));
  const tokens = permute(m, reshape(m, maps, [CHANNELS, TOKENS - 1]), [2, 1]);
  const first = parameter(m, 'cls_token', { shape: [1, CHANNELS], stored: [1, 1, CHANNELS] }, { channels: CHANNELS });
  const places = parameter(m, 'pos_embed', { shape: [TOKENS, CHANNELS], stored: [1, TOKENS, CHANNELS] });
  const joined = m.functional('cat', concat, { axis: 1 }, [first, tokens]);
  const deep = m.run('blocks', sequential(block, block), add(m, joined, places));
  const features = selectToken(m, m.run('norm', layerNorm(1e-6), deep), 0);
  return normalize(m, m.run('head', linear(5), features), 1);
};

/** Squeeze and excitation. */
const gate: Layer = (m, x) => {
  const squeezed = m.run('fc1', conv2d(3, 1), m.run('avgpool', adaptiveAvgPool2d(1), x));
  const excited = m.run('fc2', conv2d(CHANNELS, 1), m.run('act', pointwise('hardswish'), squeezed));
  return multiply(m, x, m.run('gate', pointwise('sigmoid'), excited));
};

/** As in ConvNeXt. */
const mixer: Layer = (m, x) => {
  const wide = permute(m, m.run('dwconv', conv2d(CHANNELS, 3, { padding: 1, groups: 'depthwise' }), x), [2, 3, 1]);
  const up = m.run('act', pointwise('gelu'), m.run('pwconv1', linear(12), m.run('norm', layerNorm(1e-6), wide)));
  const scaled = multiply(m, m.run('pwconv2', linear(CHANNELS), up), scale(m, [1, 1, CHANNELS]));
  return add(m, x, m.functional('back', permuting, { axes: [3, 1, 2] }, [scaled]));
};

const block: Layer = (m, x) => {
  const seen = m.run('attn', attend, m.run('norm1', layerNorm(1e-6), x));
  const mixed = add(m, x, multiply(m, seen, scale(m, [1, CHANNELS])));
  const up = m.run('fc1', linear(12), m.run('norm2', layerNorm(1e-6), mixed));
  const activated = m.run('act', pointwise('gelu_tanh'), up);
  return m.functional('add2', sum, {}, [mixed, m.run('fc2', linear(CHANNELS), activated)]);
};

const attend: Layer = (m, x) => {
  const all = reshape(m, m.run('qkv', linear(3 * CHANNELS), x), [TOKENS, 3, HEADS, CHANNELS / HEADS]);
  const ordered = permute(m, all, [2, 3, 1, 4]);
  const parts = [0, 1, 2].map((i) => {
    const part = m.functional(`part${i}`, slicing, { axis: 1, start: i, end: i + 1, step: 1 }, [ordered]);
    return m.functional(`heads${i}`, reshaping, { shape: [HEADS, TOKENS, CHANNELS / HEADS] }, [part]);
  });
  const heads = attention(m, [...parts, bias(m)]);
  const joined = m.functional('join', reshaping, { shape: [TOKENS, CHANNELS] }, [swapHeads(m, heads)], {
    channels: CHANNELS,
  });
  return m.run('proj', linear(CHANNELS), joined);
};

function swapHeads(m: ModuleScope, heads: Value): Value {
  return m.functional('swap', permuting, { axes: [2, 1, 3] }, [heads]);
}

/** A bias for each head, query and key. */
function bias(m: ModuleScope): Value {
  const table = parameter(m, 'bias_table', { shape: [ROWS, HEADS] });
  const indices = Array.from({ length: TOKENS ** 2 }, (_, i) => (3 * Math.floor(i / TOKENS) + (i % TOKENS)) % ROWS);
  const rows = m.functional('rows', gather, { axis: 1, indices }, [table]);
  const square = m.functional('square', reshaping, { shape: [TOKENS, TOKENS, HEADS] }, [rows]);
  return m.functional('bias', permuting, { axes: [3, 1, 2] }, [square]);
}

function scale(m: ModuleScope, shape: readonly number[]): Value {
  return parameter(m, 'gamma', { shape, stored: [CHANNELS] });
}
