/**
 * The second network of the self-test: a gate on channels, and a block of a transformer on the patches of an image, with
 * a class token. Its tensors come from the same formula as those of the first network.
 */
import { type BoundGraph, bind, type Graph, type GraphNode } from '../../graph/index.js';
import { formulaTensors, SELF_TEST_SIDE } from './formula-model.js';

export const TOKEN_TEST_TAP = 'features';
const PATCH = 8;
const CHANNELS = 16;
const PATCHES = (SELF_TEST_SIDE / PATCH) ** 2;
const TOKENS = 1 + PATCHES;
const HEADS = 2;
const FEATURES = 24;

export function tokenModel(): BoundGraph {
  const nodes = [...patches(), ...gate(), ...tokens(), ...heads(), ...block()];
  const graph: Graph = { nodes, output: TOKEN_TEST_TAP, modules: new Map() };
  return bind(graph, formulaTensors(graph));
}

function patches(): GraphNode[] {
  return [
    { name: ':input', inputs: [], op: 'input', size: [SELF_TEST_SIDE, SELF_TEST_SIDE] },
    { name: 'patches', inputs: [':input'], op: 'conv2d', attrs: conv(3, CHANNELS, PATCH) },
  ];
}

/** Squeeze and excitation. */
function gate(): GraphNode[] {
  return [
    { name: 'squeeze', inputs: ['patches'], op: 'adaptiveAvgPool2d', attrs: { output: [1, 1] } },
    { name: 'excite', inputs: ['squeeze'], op: 'conv2d', attrs: conv(CHANNELS, CHANNELS, 1) },
    { name: 'gate', inputs: ['excite'], op: 'pointwise', attrs: { function: 'hardsigmoid' } },
    { name: 'gated', inputs: ['patches', 'gate'], op: 'mul' },
  ];
}

function tokens(): GraphNode[] {
  return [
    { name: 'rows', inputs: ['gated'], op: 'reshape', attrs: { shape: [CHANNELS, PATCHES] } },
    { name: 'patch tokens', inputs: ['rows'], op: 'permute', attrs: { axes: [2, 1] } },
    { name: 'class token', inputs: [], op: 'parameter', attrs: { shape: [1, CHANNELS] } },
    { name: 'joined', inputs: ['class token', 'patch tokens'], op: 'concat', attrs: { axis: 1 } },
    { name: 'places', inputs: [], op: 'parameter', attrs: { shape: [TOKENS, CHANNELS] } },
    { name: 'tokens', inputs: ['joined', 'places'], op: 'add', attrs: {} },
    { name: 'norm', inputs: ['tokens'], op: 'layerNorm', attrs: norm() },
  ];
}

/** Queries, keys and values of one Linear, `[heads, tokens, channels of a head]` each. */
function heads(): GraphNode[] {
  const size = CHANNELS / HEADS;
  return [
    { name: 'qkv', inputs: ['norm'], op: 'linear', attrs: linear(CHANNELS, 3 * CHANNELS) },
    { name: 'split', inputs: ['qkv'], op: 'reshape', attrs: { shape: [TOKENS, 3, HEADS, size] } },
    { name: 'by head', inputs: ['split'], op: 'permute', attrs: { axes: [2, 3, 1, 4] } },
    ...['q', 'k', 'v'].map(
      (name, index): GraphNode => ({ name, inputs: ['by head'], op: 'select', attrs: { axis: 1, index } }),
    ),
    { name: 'bias', inputs: [], op: 'parameter', attrs: { shape: [HEADS, TOKENS, TOKENS] } },
    { name: 'seen', inputs: ['q', 'k', 'v', 'bias'], op: 'attention', attrs: {} },
    { name: 'by token', inputs: ['seen'], op: 'permute', attrs: { axes: [2, 1, 3] } },
    { name: 'attention', inputs: ['by token'], op: 'reshape', attrs: { shape: [TOKENS, CHANNELS] } },
  ];
}

function block(): GraphNode[] {
  return [
    { name: 'mixed', inputs: ['tokens', 'attention'], op: 'add', attrs: {} },
    { name: 'wide', inputs: ['mixed'], op: 'linear', attrs: linear(CHANNELS, 2 * CHANNELS) },
    { name: 'gelu', inputs: ['wide'], op: 'pointwise', attrs: { function: 'gelu' } },
    { name: 'narrow', inputs: ['gelu'], op: 'linear', attrs: linear(2 * CHANNELS, CHANNELS) },
    { name: 'out', inputs: ['mixed', 'narrow'], op: 'add', attrs: {} },
    { name: 'class', inputs: ['out'], op: 'select', attrs: { axis: 1, index: 0 } },
    { name: 'mean', inputs: ['out'], op: 'reduce', attrs: { function: 'mean', axes: [1], keepDims: false } },
    { name: 'pooled', inputs: ['class', 'mean'], op: 'concat', attrs: { axis: 1 } },
    { name: TOKEN_TEST_TAP, inputs: ['pooled'], op: 'linear', attrs: linear(2 * CHANNELS, FEATURES) },
  ];
}

/** Patches that do not overlap. */
function conv(inChannels: number, outChannels: number, side: number) {
  return {
    inChannels,
    outChannels,
    kernel: [side, side],
    stride: [side, side],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias: true,
  } as const;
}

function linear(inFeatures: number, outFeatures: number) {
  return { inFeatures, outFeatures, bias: true };
}

function norm() {
  return { shape: [CHANNELS], eps: 1e-6, weight: false, bias: false };
}
