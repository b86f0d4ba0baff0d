/** A small network of what transformers and modern convolutional networks consist of. It takes images of 8×8. */
import { type BoundGraph, bind, type Graph, parameters } from '../../graph/index.js';
import type { Layer, ModuleScope, Value } from '../../graph/operations/layer.js';
import * as nn from '../../graph/operations/nn.js';
import { operation as permutation } from '../../graph/operations/permute.js';
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
  const patches = m.run('patch_embed', nn.conv2d(CHANNELS, 2, { stride: 2 }), image);
  const maps = m.run('mixer', mixer, m.run('gate', gate, patches));
  const tokens = nn.permute(m, nn.reshape(m, maps, [CHANNELS, TOKENS - 1]), [2, 1]);
  const first = nn.parameter(
    m,
    'cls_token',
    { shape: [1, CHANNELS], stored: [1, 1, CHANNELS] },
    { channels: CHANNELS },
  );
  const places = nn.parameter(m, 'pos_embed', { shape: [TOKENS, CHANNELS], stored: [1, TOKENS, CHANNELS] });
  const joined = nn.concat(m, [first, tokens], {});
  const deep = m.run('blocks', nn.sequential(block, block), nn.add(m, joined, places));
  const features = nn.selectToken(m, m.run('norm', nn.layerNorm(1e-6), deep), 0);
  return nn.normalize(m, m.run('head', nn.linear(5), features), 1);
};

/** Squeeze and excitation. */
const gate: Layer = (m, x) => {
  const squeezed = m.run('fc1', nn.conv2d(3, 1), m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
  const excited = m.run('fc2', nn.conv2d(CHANNELS, 1), m.run('act', nn.pointwise('hardswish'), squeezed));
  return nn.multiply(m, x, m.run('gate', nn.pointwise('sigmoid'), excited));
};

/** As in ConvNeXt. */
const mixer: Layer = (m, x) => {
  const wide = nn.permute(
    m,
    m.run('dwconv', nn.conv2d(CHANNELS, 3, { padding: 1, groups: 'depthwise' }), x),
    [2, 3, 1],
  );
  const up = m.run(
    'act',
    nn.pointwise('gelu'),
    m.run('pwconv1', nn.linear(12), m.run('norm', nn.layerNorm(1e-6), wide)),
  );
  const scaled = nn.multiply(m, m.run('pwconv2', nn.linear(CHANNELS), up), scale(m, [1, 1, CHANNELS]));
  return nn.add(m, x, nn.permute(m, scaled, [3, 1, 2]));
};

const block: Layer = (m, x) => {
  const seen = m.run('attn', attend, m.run('norm1', nn.layerNorm(1e-6), x));
  const mixed = nn.add(m, x, nn.multiply(m, seen, scale(m, [1, CHANNELS])));
  const up = m.run('fc1', nn.linear(12), m.run('norm2', nn.layerNorm(1e-6), mixed));
  const activated = m.run('act', nn.pointwise('gelu_tanh'), up);
  return nn.add(m, mixed, m.run('fc2', nn.linear(CHANNELS), activated));
};

const attend: Layer = (m, x) => {
  const all = nn.reshape(m, m.run('qkv', nn.linear(3 * CHANNELS), x), [TOKENS, 3, HEADS, CHANNELS / HEADS]);
  const ordered = nn.permute(m, all, [2, 3, 1, 4]);
  const parts = [0, 1, 2].map((i) => {
    const part = nn.slice(m, ordered, { axis: 1, start: i, end: i + 1 });
    return nn.reshape(m, part, [HEADS, TOKENS, CHANNELS / HEADS]);
  });
  const heads = nn.attention(m, [...parts, bias(m)]);
  const joined = nn.reshape(m, nn.permute(m, heads, [2, 1, 3]), [TOKENS, CHANNELS], { channels: CHANNELS });
  return m.run('proj', nn.linear(CHANNELS), joined);
};

/** A bias for each head, query and key. */
function bias(m: ModuleScope): Value {
  const table = nn.parameter(m, 'bias_table', { shape: [ROWS, HEADS] });
  const indices = Array.from({ length: TOKENS ** 2 }, (_, i) => (3 * Math.floor(i / TOKENS) + (i % TOKENS)) % ROWS);
  const square = nn.reshape(m, nn.gather(m, table, 1, indices), [TOKENS, TOKENS, HEADS]);
  return m.functional('bias', permutation, { axes: [3, 1, 2] }, [square]);
}

function scale(m: ModuleScope, shape: readonly number[]): Value {
  return nn.parameter(m, 'gamma', { shape, stored: [CHANNELS] });
}
