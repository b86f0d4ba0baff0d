/**
 * The networks of `doctor`. One has known outputs and tests our kernels at start: it is small, its sizes fit no tile,
 * and it has every kernel except `strassen`, each where a mistake shows. The other, residual, measures speed.
 */
import {
  type BoundGraph,
  bind,
  type Conv2dAttrs,
  type Graph,
  type GraphNode,
  type LinearAttrs,
  type Pool2dAttrs,
  parameters,
} from '../../graph/index.js';
import type { Tensor } from '../../weights/index.js';
import { relativeError, softmax } from './parts.js';

export const TEST_IMAGES = { images: 5, height: 10, width: 9 } as const;
const TEST_OUTPUTS = 8;
export const TEST_NORMALISATION = { mean: [0.4, 0.5, 0.6], std: [0.25, 0.2, 0.3] } as const;

const CHANNELS = 32;

export function testModel(): BoundGraph {
  return formulaBound(NODES);
}

function formulaBound(nodes: readonly GraphNode[]): BoundGraph {
  const graph: Graph = { nodes, output: 'logits', modules: new Map() };
  return bind(graph, formulaTensors(graph));
}

/** `[images, height, width, 3]`. */
export function testPixels(): Uint8Array {
  const { images, height, width } = TEST_IMAGES;
  return scatteredBytes(images * height * width * 3);
}

/** Square windows throughout; `same` padding unless `padding` is given. */
function conv(
  channels: readonly [number, number],
  side: number,
  {
    stride = 1,
    dilation = 1,
    groups = 1,
    padding,
  }: Partial<Pick<Conv2dAttrs, 'groups' | 'padding'>> & { stride?: number; dilation?: number } = {},
): Conv2dAttrs {
  const pad = (dilation * (side - 1)) / 2;
  return {
    inChannels: channels[0],
    outChannels: channels[1],
    kernel: [side, side],
    stride: [stride, stride],
    padding: padding ?? [pad, pad, pad, pad],
    dilation: [dilation, dilation],
    groups,
    bias: true,
  };
}

function pool(side: number, stride: number, pad: number): Pool2dAttrs {
  return { kernel: [side, side], stride: [stride, stride], padding: [pad, pad, pad, pad], ceilMode: true };
}

function linear(inFeatures: number, outFeatures: number): LinearAttrs {
  return { inFeatures, outFeatures, bias: true };
}

const GAIN_AND_SHIFT = { weight: true, bias: true };
const SAME = [CHANNELS, CHANNELS] as const;

/**
 * Maps: 10×9, after `pool` 6×5, `higher` 7×6, `wider` 5×7, after `strided` 3×4, after `average` 2×2. The last tiles of
 * F(4×4) then have each number of outputs along each axis. From `balanced` on, it has the operations on views.
 */
const NODES: readonly GraphNode[] = [
  { name: ':input', inputs: [], op: 'input', size: [TEST_IMAGES.height, TEST_IMAGES.width] },
  { name: 'stem', inputs: [':input'], op: 'conv2d', attrs: conv([3, 20], 3) },
  { name: 'stem.relu', inputs: ['stem'], op: 'relu' },
  { name: 'dilated', inputs: [':input'], op: 'conv2d', attrs: conv([3, 12], 3, { dilation: 2 }) },
  { name: 'joined', inputs: ['stem.relu', 'dilated'], op: 'concat', attrs: { axis: 1 } },
  { name: 'wide', inputs: ['joined'], op: 'conv2d', attrs: conv(SAME, 3) },
  { name: 'sum', inputs: ['wide', 'joined'], op: 'add', attrs: { activation: 'relu' } },
  { name: 'pool', inputs: ['sum'], op: 'maxPool2d', attrs: pool(3, 2, 1) },
  { name: 'higher', inputs: ['pool'], op: 'conv2d', attrs: conv(SAME, 3, { padding: [2, 1, 2, 1] }) },
  { name: 'wider', inputs: ['higher'], op: 'conv2d', attrs: conv(SAME, 3, { padding: [0, 0, 1, 2] }) },
  { name: 'depthwise', inputs: ['wider'], op: 'conv2d', attrs: conv(SAME, 3, { groups: CHANNELS }) },
  { name: 'relu6', inputs: ['depthwise'], op: 'relu6' },
  { name: 'twice', inputs: ['relu6', 'wider'], op: 'add', attrs: {} },
  { name: 'doubled', inputs: ['twice', 'relu6'], op: 'add', attrs: {} },
  { name: 'pointwise', inputs: ['doubled'], op: 'conv2d', attrs: conv(SAME, 1) },
  { name: 'strided', inputs: ['pointwise'], op: 'conv2d', attrs: conv(SAME, 3, { stride: 2, groups: 2 }) },
  { name: 'average', inputs: ['strided'], op: 'avgPool2d', attrs: { ...pool(2, 2, 0), countIncludePad: false } },
  { name: 'small', inputs: ['average'], op: 'conv2d', attrs: conv(SAME, 3) },
  { name: 'balanced', inputs: ['small'], op: 'localResponseNorm', attrs: { size: 5, alpha: 0.5, beta: 0.75, k: 1 } },
  { name: 'silu', inputs: ['balanced'], op: 'pointwise', attrs: { function: 'silu' } },
  { name: 'rows', inputs: ['silu'], op: 'reshape', attrs: { shape: [CHANNELS, 4] } },
  { name: 'tokens', inputs: ['rows'], op: 'permute', attrs: { axes: [2, 1] } },
  { name: 'norm', inputs: ['tokens'], op: 'layerNorm', attrs: { shape: [CHANNELS], eps: 0.01, ...GAIN_AND_SHIFT } },
  { name: 'attention', inputs: ['norm', 'norm', 'norm'], op: 'attention', attrs: {} },
  { name: 'mixed', inputs: ['attention'], op: 'gather', attrs: { axis: 1, indices: [3, 0, 2, 1] } },
  { name: 'gated', inputs: ['mixed', 'tokens'], op: 'mul' },
  { name: 'shares', inputs: ['tokens'], op: 'softmax', attrs: { axis: 1 } },
  { name: 'columns', inputs: ['shares'], op: 'permute', attrs: { axes: [2, 1] } },
  { name: 'products', inputs: ['gated', 'columns'], op: 'matmul' },
  { name: 'largest', inputs: ['products'], op: 'reduce', attrs: { function: 'max', axes: [1], keepDims: true } },
  { name: 'spread', inputs: ['products', 'largest'], op: 'add', attrs: {} },
  { name: 'answers', inputs: ['spread', 'tokens'], op: 'matmul' },
  { name: 'features', inputs: ['answers', 'tokens'], op: 'add', attrs: {} },
  { name: ':flatten', inputs: ['features'], op: 'flatten' },
  { name: 'logits', inputs: [':flatten'], op: 'linear', attrs: linear(4 * CHANNELS, TEST_OUTPUTS) },
];

/** Its logits, computed in float64 by the definitions of its layers: a line an image. A spec computes them again. */
export const EXPECTED_LOGITS: readonly number[] = [
  0.67318033, -0.43268906, -0.30634064, -0.0053868371, 0.57375837, 1.2485357, -0.61780364, 0.24440628, 0.55141804,
  -0.44005619, -0.2113549, 0.04223616, 0.54146941, 1.2845107, -0.74807334, 0.22174431, 0.65741907, -0.1487745,
  -0.39574389, -0.12232147, 0.81524077, 1.3888642, -1.0441811, 0.24703604, 0.6879721, -0.59333445, -0.2202617,
  0.18067563, 0.44222948, 1.3150736, -0.48843584, 0.12309624, 0.55059499, -0.18511746, -0.31660744, -0.12423714,
  0.55766519, 0.9259174, -0.50182233, 0.14426531,
];

/** How far logits and scores are from the expected, over the largest value; infinite for what is not a number. */
export function testError(logits: Float32Array, scores: Float32Array): number {
  const fits = logits.length === EXPECTED_LOGITS.length && [...logits, ...scores].every(Number.isFinite);
  if (!fits || scores.length !== logits.length) return Number.POSITIVE_INFINITY;
  return Math.max(relativeError(logits, EXPECTED_LOGITS), relativeError(scores, softmax(logits, TEST_OUTPUTS)));
}

export const SELF_TEST_TAP = 'embedding';
export const SELF_TEST_SIDE = 32;
const EMBEDDING = 64;
const CLASSES = 10;

const RESIDUAL_NODES: readonly GraphNode[] = [
  { name: ':input', inputs: [], op: 'input' },
  { name: 'stem', inputs: [':input'], op: 'conv2d', attrs: conv([3, CHANNELS], 3) },
  { name: 'stem.relu', inputs: ['stem'], op: 'relu' },
  { name: 'pool', inputs: ['stem.relu'], op: 'maxPool2d', attrs: { ...pool(3, 2, 1), ceilMode: false } },
  { name: 'depthwise', inputs: ['pool'], op: 'conv2d', attrs: conv(SAME, 3, { groups: CHANNELS }) },
  { name: 'depthwise.relu6', inputs: ['depthwise'], op: 'relu6' },
  { name: 'pointwise', inputs: ['depthwise.relu6'], op: 'conv2d', attrs: conv(SAME, 1) },
  { name: 'add', inputs: ['pointwise', 'pool'], op: 'add', attrs: {} },
  { name: 'strided', inputs: ['add'], op: 'conv2d', attrs: conv([CHANNELS, 2 * CHANNELS], 3, { stride: 2 }) },
  { name: 'average', inputs: ['strided'], op: 'adaptiveAvgPool2d', attrs: { output: [2, 2] } },
  { name: ':flatten', inputs: ['average'], op: 'flatten' },
  { name: SELF_TEST_TAP, inputs: [':flatten'], op: 'linear', attrs: linear(8 * CHANNELS, EMBEDDING) },
  { name: 'logits', inputs: [SELF_TEST_TAP], op: 'linear', attrs: linear(EMBEDDING, CLASSES) },
];

export function formulaModel(): BoundGraph {
  return formulaBound(RESIDUAL_NODES);
}

/** Weights that keep the values of every layer at about the same size. */
function formulaTensors(graph: Graph): Map<string, Tensor> {
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
