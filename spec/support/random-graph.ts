/**
 * Layer graphs drawn from a seed, with shapes that no backbone has, small enough to compute hundreds in seconds.
 * PyTorch computes their outputs in float64 (`spec/fixtures/engine/simd/run_graphs.py`).
 */

import { Random } from '../../base/index.js';
import { type BoundGraph, bind, type GraphNode, parameters } from '../../graph/index.js';
import { sizeOf } from '../../graph/operations/operation.js';
import { asGraph, Drawing, divisors, type Operation, oneOf, type Shape } from './drawing.js';
import { plainConvolution } from './plain-convolution.js';
import { pseudoTensor } from './pseudo-weights.js';

/** All that another program needs to compute the same. Weights and pixels are names (`pseudo-random.ts`). */
export interface RandomGraph {
  /** Prefix of the names of weights and pixels: `graph 17/conv2d3.weight`, `graph 17/pixels`. */
  name: string;
  nodes: readonly GraphNode[];
  rows: number;
  height: number;
  width: number;
  mean: readonly number[];
  std: readonly number[];
  /** Nodes whose outputs are compared; the last is the graph's output. */
  taps: readonly string[];
}

/** Limits for one image: a layer's values and multiplications. */
const MOST_VALUES = 40_000;
const MOST_MACS = 10_000_000;

/** The layers to draw from, and how often each is drawn. */
const LAYERS = {
  convolution: 9,
  depthwise: 2,
  shortcut: 3,
  norm: 2,
  activation: 4,
  maxPool: 1.5,
  averagePool: 1.5,
  adaptivePool: 0.5,
  concat: 1.5,
  identity: 0.5,
};

/** Layers with a single node. */
const OPERATIONS: Record<
  Exclude<keyof typeof LAYERS, 'shortcut' | 'concat'>,
  (random: Random, channels: number, kind: Kind) => Operation
> = {
  convolution,
  depthwise,
  norm: (random, channels) => ({ op: 'batchNorm2d', attrs: { channels, eps: oneOf(random, [1e-5, 1e-3]) } }),
  activation: (random) => ({ op: oneOf(random, ['relu', 'relu', 'relu6'] as const) }),
  maxPool: (random) => ({ op: 'maxPool2d', attrs: pool(random) }),
  averagePool: (random) => ({ op: 'avgPool2d', attrs: { ...pool(random), countIncludePad: random.uniform() < 0.5 } }),
  adaptivePool: (random) => ({
    op: 'adaptiveAvgPool2d',
    attrs: { output: [1 + random.below(5), 1 + random.below(5)] },
  }),
  identity: () => ({ op: 'identity' }),
};

interface Kind {
  imageSize(random: Random): [number, number];
  /** Output channels of a convolution. */
  outChannels(random: Random): number;
  convolutions: Record<'same' | 'valid' | 'pointwise' | 'strided' | 'grouped' | 'any', number>;
}

const ANY: Kind = {
  imageSize,
  outChannels: channelCount,
  convolutions: { same: 4, valid: 1, pointwise: 2, strided: 1.5, grouped: 2, any: 3 },
};

/** Like the last layers of backbones: some kernels are only chosen for many channels. */
const WIDE: Kind = {
  imageSize: (random) => [3 + random.below(9), 3 + random.below(9)],
  outChannels: (random) => 16 * (14 + random.below(12)),
  convolutions: { same: 1, valid: 0.5, pointwise: 8, strided: 2, grouped: 0.5, any: 1 },
};

export function randomGraph(seed: number): RandomGraph {
  return draw(`graph ${seed}`, Random.stream(7, seed), ANY);
}

/** A graph with hundreds of channels. */
export function wideGraph(seed: number): RandomGraph {
  return draw(`wide graph ${seed}`, Random.stream(8, seed), WIDE);
}

function draw(name: string, random: Random, kind: Kind): RandomGraph {
  const [height, width] = kind.imageSize(random);
  const drawing = new NetworkDrawing(random, height, width, kind);
  const layers = 3 + random.below(10);
  while (drawing.nodes.length <= layers) drawing.addLayer();
  if (random.uniform() < 0.6) drawing.addHead();
  const { nodes } = drawing;
  const taps = drawing.taps(nodes.slice(1, -1));
  const imagenet = random.uniform() < 0.5;
  return {
    name,
    nodes,
    rows: 1 + random.below(9),
    height,
    width,
    mean: imagenet ? [0.485, 0.456, 0.406] : [0.5, 0.5, 0.5],
    std: imagenet ? [0.229, 0.224, 0.225] : [0.5, 0.5, 0.5],
    taps,
  };
}

export function bindRandomGraph({ name, nodes, taps }: RandomGraph): BoundGraph {
  const graph = asGraph(nodes, taps.at(-1)!);
  const tensors = [...parameters(graph)].map(
    ([part, shape]) => [part, pseudoTensor(part, shape, `${name}/${part}`)] as const,
  );
  return bind(graph, new Map(tensors));
}

/** Square or not. Prefers sizes that end in maps of 1×1 to 8×8. */
function imageSize(random: Random): [number, number] {
  if (random.uniform() < 0.3) {
    const side = oneOf(random, [1, 2, 4, 8, 16, 32]);
    return [side, side];
  }
  return [1 + random.below(36), 1 + random.below(36)];
}

class NetworkDrawing extends Drawing {
  constructor(
    random: Random,
    height: number,
    width: number,
    readonly kind: Kind,
  ) {
    super(random, height, width, isSmall);
  }

  addLayer(): void {
    const kind = weighted(this.random, LAYERS);
    if (kind === 'shortcut') this.#addShortcut();
    else if (kind === 'concat') this.#addConcat();
    else this.add(OPERATIONS[kind](this.random, this.lastShape[0]!, this.kind));
  }

  /** Adds Flatten and one to three Linears, as at the end of classifiers. */
  addHead(): void {
    const { random } = this;
    if (random.uniform() < 0.5) this.add({ op: 'adaptiveAvgPool2d', attrs: { output: [1, 1] } });
    if (!this.add({ op: 'flatten' })) return;
    for (let more = random.below(3); more >= 0; more--) {
      const attrs = { inFeatures: this.lastShape[0]!, outFeatures: 1 + random.below(70), bias: true };
      this.add({ op: 'linear', attrs: { ...attrs, bias: random.uniform() < 0.8 } });
      if (more > 0 && random.uniform() < 0.7) this.add({ op: 'relu' });
    }
  }

  /** Adds convolutions that keep the size and the shortcut around them, with or without an activation in between. */
  #addShortcut(): void {
    const { random } = this;
    const from = this.last;
    const channels = this.lastShape[0]!;
    for (let more = random.below(2); more >= 0; more--) {
      this.add({ op: 'conv2d', attrs: { ...plainConvolution(3, channels, channels), bias: random.uniform() < 0.5 } });
      if (more > 0) this.add({ op: 'relu' });
    }
    if (from !== this.last)
      this.add({ op: 'add', attrs: {} }, random.uniform() < 0.5 ? [this.last, from] : [from, this.last]);
  }

  #addConcat(): void {
    const size = this.lastShape.slice(1).join();
    const others = [...this.shapes].filter(([, shape]) => shape.slice(1).join() === size).map(([name]) => name);
    const inputs = Array.from({ length: 1 + this.random.below(2) }, () => oneOf(this.random, others));
    this.add({ op: 'concat', attrs: { axis: 1 } }, [...inputs, this.last]);
  }
}

function isSmall(shape: Shape, node: GraphNode): boolean {
  const values = sizeOf(shape);
  return values <= MOST_VALUES && values * macsPerValue(node) <= MOST_MACS;
}

function macsPerValue(node: GraphNode): number {
  if (node.op === 'linear') return node.attrs.inFeatures;
  if (node.op !== 'conv2d') return 1;
  const { inChannels, groups, kernel } = node.attrs;
  return (inChannels / groups) * kernel[0] * kernel[1];
}

function convolution(random: Random, inChannels: number, { outChannels, convolutions }: Kind): Operation {
  const attrs = { ...plainConvolution(3, inChannels, outChannels(random)), bias: random.uniform() < 0.7 };
  const kind = weighted(random, convolutions);
  switch (kind) {
    case 'same':
      return { op: 'conv2d', attrs };
    case 'valid':
      return { op: 'conv2d', attrs: { ...attrs, padding: paddings(random, 2) } };
    case 'pointwise': {
      const stride = 1 + random.below(2);
      return { op: 'conv2d', attrs: { ...attrs, kernel: [1, 1], stride: [stride, stride], padding: [0, 0, 0, 0] } };
    }
    case 'strided': {
      const kernel = oneOf(random, [3, 5, 7]);
      const border = (kernel - 1) / 2;
      const padding = [border, border, border, border] as const;
      return { op: 'conv2d', attrs: { ...attrs, kernel: [kernel, kernel], stride: [2, 2], padding } };
    }
    case 'grouped': {
      const groups = oneOf(random, divisors(inChannels));
      const outChannels = groups * (1 + random.below(Math.ceil(60 / groups)));
      return { op: 'conv2d', attrs: { ...attrs, ...anyWindow(random, 3), groups, outChannels } };
    }
    case 'any':
      return { op: 'conv2d', attrs: { ...attrs, ...anyWindow(random, 7) } };
  }
}

function depthwise(random: Random, channels: number): Operation {
  const window = random.uniform() < 0.5 ? {} : anyWindow(random, 5);
  const attrs = {
    ...plainConvolution(3, channels, channels),
    ...window,
    groups: channels,
    bias: random.uniform() < 0.5,
  };
  return { op: 'conv2d', attrs };
}

/** Draws each axis separately, up to `most` pixels. Padding may exceed the window, as in PyTorch. */
function anyWindow(random: Random, most: number) {
  const dilated = random.uniform() < 0.3;
  return {
    kernel: [1 + random.below(most), 1 + random.below(most)],
    stride: [1 + random.below(3), 1 + random.below(3)],
    padding: paddings(random, 3),
    dilation: dilated ? ([1 + random.below(3), 1 + random.below(3)] as const) : ([1, 1] as const),
  } as const;
}

/** `[top, bottom, left, right]`; mostly the same on both sides, as in PyTorch's layers. */
function paddings(random: Random, most: number): readonly [number, number, number, number] {
  const side = () => random.below(most + 1);
  const [top, bottom, left, right] = [side(), side(), side(), side()] as const;
  return random.uniform() < 0.3 ? [top, bottom, left, right] : [top, top, left, left];
}

/** Padding is at most half a window, as PyTorch requires. */
function pool(random: Random) {
  const kernel = [1 + random.below(4), 1 + random.below(4)] as const;
  const [vertical, horizontal] = [random.below((kernel[0] >> 1) + 1), random.below((kernel[1] >> 1) + 1)];
  return {
    kernel,
    stride: [1 + random.below(3), 1 + random.below(3)],
    padding: [vertical, vertical, horizontal, horizontal],
    ceilMode: random.uniform() < 0.3,
  } as const;
}

/** Usually not a multiple of a register or a tile. */
function channelCount(random: Random): number {
  const kind = random.uniform();
  if (kind < 0.2) return oneOf(random, [16, 32, 48, 64]);
  return kind < 0.9 ? 1 + random.below(50) : 50 + random.below(100);
}

function weighted<K extends string>(random: Random, weights: Record<K, number>): K {
  const entries = Object.entries(weights) as [K, number][];
  let left = random.uniform() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  return entries.at(-1)![0];
}
