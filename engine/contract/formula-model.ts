/**
 * The network that `doctor` measures engines with: a residual network of eight layers. Its weights come from a formula, so it
 * needs no file.
 */

import { type BoundGraph, bind, type Conv2dAttrs, type Graph, type GraphNode, parameters } from '../../graph/index.js';
import type { Tensor } from '../../weights/index.js';

export const SELF_TEST_TAP = 'embedding';
export const SELF_TEST_SIDE = 32;
const CHANNELS = 32;
const EMBEDDING = 64;
const CLASSES = 10;

export function formulaModel(): BoundGraph {
  const graph: Graph = { nodes: nodes(), output: 'logits', modules: new Map() };
  return bind(graph, formulaTensors(graph));
}

/** Weights that keep the values of every layer at about the same size. */
export function formulaTensors(graph: Graph): Map<string, Tensor> {
  const tensors = [...parameters(graph)].map(([name, shape], i) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const inputs = shape.length === 1 ? 1 : size / shape[0]!;
    const bound = shape.length === 1 ? 0.2 : Math.sqrt(3 / inputs);
    return [name, { shape, data: scattered(size, i + 1, bound) }] as const;
  });
  return new Map(tensors);
}

/** The same on every machine. */
export function scatteredBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => hash(i, 0) >>> 24);
}

function nodes(): GraphNode[] {
  return [
    { name: ':input', inputs: [], op: 'input' },
    { name: 'stem', inputs: [':input'], op: 'conv2d', attrs: conv(3, CHANNELS, 3, 1, 1) },
    { name: 'stem.relu', inputs: ['stem'], op: 'relu' },
    {
      name: 'pool',
      inputs: ['stem.relu'],
      op: 'maxPool2d',
      attrs: { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], ceilMode: false },
    },
    { name: 'depthwise', inputs: ['pool'], op: 'conv2d', attrs: conv(CHANNELS, CHANNELS, 3, 1, CHANNELS) },
    { name: 'depthwise.relu6', inputs: ['depthwise'], op: 'relu6' },
    { name: 'pointwise', inputs: ['depthwise.relu6'], op: 'conv2d', attrs: conv(CHANNELS, CHANNELS, 1, 1, 1) },
    { name: 'add', inputs: ['pointwise', 'pool'], op: 'add', attrs: {} },
    { name: 'strided', inputs: ['add'], op: 'conv2d', attrs: conv(CHANNELS, 2 * CHANNELS, 3, 2, 1) },
    { name: 'average', inputs: ['strided'], op: 'adaptiveAvgPool2d', attrs: { output: [2, 2] } },
    { name: ':flatten', inputs: ['average'], op: 'flatten' },
    { name: SELF_TEST_TAP, inputs: [':flatten'], op: 'linear', attrs: linear(8 * CHANNELS, EMBEDDING) },
    { name: 'logits', inputs: [SELF_TEST_TAP], op: 'linear', attrs: linear(EMBEDDING, CLASSES) },
  ];
}

/** Square, padded to keep the size at stride 1. */
function conv(inChannels: number, outChannels: number, side: number, stride: number, groups: number): Conv2dAttrs {
  const pad = (side - 1) / 2;
  return {
    inChannels,
    outChannels,
    kernel: [side, side],
    stride: [stride, stride],
    padding: [pad, pad, pad, pad],
    dilation: [1, 1],
    groups,
    bias: true,
  };
}

function linear(inFeatures: number, outFeatures: number) {
  return { inFeatures, outFeatures, bias: true };
}

/** Values within ±bound, without a pattern. */
function scattered(size: number, seed: number, bound: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = bound * (hash(i, seed) / 2 ** 31 - 1);
  return values;
}

/** 32 well-mixed bits: MurmurHash3's finaliser of a Weyl sequence. */
function hash(i: number, seed: number): number {
  let h = Math.imul(i + 1, 0x9e3779b9) ^ Math.imul(seed, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
