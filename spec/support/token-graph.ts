/**
 * Random graphs of the operations of transformers and modern convolutional networks, on values of one to four
 * dimensions an image. Operations that jump (`floor`, `sign`) are left out, since float32 and float64 may land on
 * different sides, and so are means and sums: the mean of normalised values is 0, with rounding errors alone.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { sizeOf } from '../../graph/operations/operation.js';
import type { PointwiseAttrs } from '../../graph/operations/pointwise.js';
import { Drawing, divisors, type Operation, oneOf, type Shape } from './drawing.js';
import { fixtures } from './places.js';
import type { RandomGraph } from './random-graph.js';

/** Limits for one image: a value's entries, and its dimensions. */
const MOST_VALUES = 4_000;
const MOST_DIMENSIONS = 4;
const EPS = 1e-2;
/** With fewer values, little but rounding errors may be left after their mean is subtracted. */
const FEWEST = 4;

export function tokenGraph(seed: number): RandomGraph {
  const random = Random.stream(9, seed);
  const [height, width] = [4 + random.below(9), 4 + random.below(9)];
  const drawing = new TokenDrawing(random, height, width);
  const layers = 4 + random.below(12);
  while (drawing.nodes.length <= layers) drawing.addLayer();
  const taps = drawing.taps(drawing.nodes.slice(1, -1).filter(({ op }) => op !== 'parameter'));
  return {
    name: `token graph ${seed}`,
    nodes: drawing.nodes,
    rows: 1 + random.below(4),
    height,
    width,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    taps,
  };
}

/** Functions to draw from, with their arguments. */
const POINTWISE: readonly PointwiseAttrs[] = JSON.parse(
  readFileSync(join(fixtures, 'engine', 'simd', 'drawn-functions.json'), 'utf8'),
);

/** An operation for a value of this shape; null if it takes no such value. */
type Draw = (random: Random, shape: Shape) => Operation | null;

const OPERATIONS: readonly Draw[] = [
  (random) => ({ op: 'pointwise', attrs: oneOf(random, POINTWISE) }),
  (random, shape) => ({ op: 'softmax', attrs: { axis: anAxis(random, shape) } }),
  (random, shape) => ({ op: 'normalize', attrs: { axis: anAxis(random, shape), eps: EPS } }),
  layerNorm,
  (random, shape) => {
    const [channels = 1] = shape;
    const groups = oneOf(random, divisors(channels));
    if (sizeOf(shape) / groups < FEWEST) return null;
    return { op: 'groupNorm', attrs: { groups, channels, eps: EPS, affine: random.uniform() < 0.7 } };
  },
  (_, [channels = 1]) => ({ op: 'batchNorm2d', attrs: { channels, eps: 1e-3 } }),
  (random, [channels = 1]) => ({ op: 'prelu', attrs: { slopes: random.uniform() < 0.5 ? 1 : channels } }),
  (random, shape) => {
    const attrs = { inFeatures: shape.at(-1)!, outFeatures: 1 + random.below(20), bias: random.uniform() < 0.7 };
    return { op: 'linear', attrs };
  },
  (random, shape) => ({ op: 'permute', attrs: { axes: shuffled(random, shape.length).map((i) => i + 1) } }),
  reshape,
  slice,
  (random, shape) => {
    const axis = anAxis(random, shape);
    const size = shape[axis - 1]!;
    return shape.length < 2 ? null : { op: 'select', attrs: { axis, index: random.below(2 * size) - size } };
  },
  (random, shape) => {
    const axis = anAxis(random, shape);
    const indices = Array.from({ length: 1 + random.below(6) }, () => random.below(shape[axis - 1]!));
    return { op: 'gather', attrs: { axis, indices } };
  },
  (random, shape) => {
    const mode = oneOf(random, ['constant', 'reflect', 'replicate'] as const);
    const most = (size: number) => (mode === 'reflect' ? Math.min(2, size - 1) : 2);
    const padding = shape.map((size) => [random.below(most(size) + 1), random.below(most(size) + 1)] as const);
    return { op: 'pad', attrs: { padding, mode, value: mode === 'constant' ? 0.5 : 0 } };
  },
  (random, shape) => ({
    op: 'expand',
    attrs: { shape: shape.map((size) => (size === 1 ? 1 + random.below(4) : size)) },
  }),
  (random, shape) => {
    const axes = shuffled(random, shape.length).slice(0, 1 + random.below(shape.length));
    const name = oneOf(random, ['max', 'min', 'l1', 'l2'] as const);
    const keepDims = random.uniform() < 0.6 || axes.length === shape.length;
    return { op: 'reduce', attrs: { function: name, axes: axes.map((i) => i + 1).sort(), keepDims } };
  },
  onMap((random, channels) => ({ op: 'conv2d', attrs: convolution(random, channels) })),
  onMap((random, channels) => ({ op: 'convTranspose2d', attrs: transposed(random, channels) })),
  onMap((random) => ({ op: 'resize', attrs: resize(random) })),
  onMap((_, channels) => (channels % 4 === 0 ? { op: 'pixelShuffle', attrs: { factor: 2 } } : null)),
  onMap((random) => ({
    op: 'adaptiveMaxPool2d',
    attrs: { output: [1 + random.below(5), 1 + random.below(5)] },
  })),
  onMap((random) => ({
    op: 'localResponseNorm',
    attrs: { size: 1 + random.below(5), alpha: 0.5, beta: 0.75, k: 1 },
  })),
  onMap((random) => {
    const dilation = [1 + random.below(2), 1 + random.below(2)] as const;
    const attrs = { kernel: [2, 3], stride: [1 + random.below(2), 1], padding: [0, 0, 1, 1], dilation } as const;
    return { op: 'maxPool2d', attrs: { ...attrs, ceilMode: random.uniform() < 0.5 } };
  }),
];

class TokenDrawing extends Drawing {
  constructor(random: Random, height: number, width: number) {
    super(random, height, width, isSmall, [height, width]);
  }

  addLayer(): void {
    const kind = this.random.uniform();
    if (kind < 0.15) this.#addArithmetic();
    else if (kind < 0.22) this.#addConcat();
    else if (kind < 0.3) this.#addProduct();
    else if (kind < 0.38) this.#addAttention();
    else {
      const operation = oneOf(this.random, OPERATIONS)(this.random, this.lastShape);
      if (operation !== null) this.add(operation);
    }
  }

  /** With a tensor of the network, an earlier value, or another view of the same. */
  #addArithmetic(): void {
    const x = this.last;
    const shape = this.lastShape;
    const op = oneOf(this.random, ['add', 'sub', 'mul', 'maximum', 'minimum', 'gate'] as const);
    const fitting = [...this.shapes].filter(([, other]) => other.join() === shape.join()).map(([name]) => name);
    const other = this.chance(0.6)
      ? this.#parameter(shape.map((size) => (this.chance(0.4) ? 1 : size)))
      : oneOf(this.random, fitting);
    if (op === 'sub' && x === other) return;
    const inputs = this.chance(0.7) ? [x, other] : [other, x];
    this.add(op === 'add' ? { op, attrs: {} } : { op }, inputs);
  }

  /** A class token, or the value itself once more. */
  #addConcat(): void {
    const [x, shape] = [this.last, this.lastShape];
    const axis = anAxis(this.random, shape);
    const other = this.chance(0.6) ? this.#parameter(shape.with(axis - 1, 1 + this.random.below(2))) : x;
    this.add({ op: 'concat', attrs: { axis } }, this.chance(0.5) ? [other, x] : [x, other]);
  }

  /** With a tensor, or with its own transposition. Normalised, since products of products grow. */
  #addProduct(): void {
    const [x, shape] = [this.last, this.lastShape];
    if (shape.length < 2) return;
    const swapped = [...shape.keys()].map((i) => i + 1);
    [swapped[shape.length - 1], swapped[shape.length - 2]] = [shape.length - 1, shape.length];
    if (this.chance(0.5)) {
      const outer = shape.slice(0, -2).map((size) => (this.chance(0.5) ? 1 : size));
      const other = this.#parameter([...outer, shape.at(-1)!, 1 + this.random.below(8)]);
      this.add({ op: 'matmul' }, [x, other]);
    } else if (this.add({ op: 'permute', attrs: { axes: swapped } })) this.add({ op: 'matmul' }, [x, this.last]);
    this.add(layerNorm(this.random, this.lastShape) ?? { op: 'pointwise', attrs: { function: 'tanh' } });
  }

  #addAttention(): void {
    const [x, shape] = [this.last, this.lastShape];
    if (shape.length < 2) return;
    const tokens = shape.at(-2)!;
    const bias = this.chance(0.5) ? [this.#parameter([...shape.slice(0, -2).fill(1), tokens, tokens])] : [];
    const queries = this.chance(0.3) ? this.#parameter(shape.with(shape.length - 2, 1)) : x;
    const attrs = { ...(this.chance(0.5) && { scale: 0.5 }), ...(queries === x && { causal: true }) };
    this.add({ op: 'attention', attrs }, queries === x ? [x, x, x, ...bias] : [queries, x, x]);
  }

  /** @returns its name */
  #parameter(shape: Shape): string {
    const name = `parameter${this.nodes.length}`;
    this.put({ name, inputs: [], op: 'parameter', attrs: { shape } }, shape);
    return name;
  }
}

function isSmall(shape: Shape): boolean {
  return sizeOf(shape) <= MOST_VALUES && shape.length <= MOST_DIMENSIONS && shape.length >= 1;
}

function layerNorm(random: Random, shape: Shape): Operation | null {
  const normal = shape.slice(-1 - random.below(shape.length));
  if (sizeOf(normal) < FEWEST) return null;
  const weight = random.uniform() < 0.7;
  return { op: 'layerNorm', attrs: { shape: normal, eps: EPS, weight, bias: weight && random.uniform() < 0.7 } };
}

/** Splits an axis, or joins two neighbours. */
function reshape(random: Random, shape: Shape): Operation {
  const place = random.below(shape.length);
  if (shape.length > 1 && random.uniform() < 0.5) {
    const first = Math.min(place, shape.length - 2);
    return { op: 'reshape', attrs: { shape: [...shape.slice(0, first), -1, ...shape.slice(first + 2)] } };
  }
  const factor = oneOf(random, divisors(shape[place]!));
  return { op: 'reshape', attrs: { shape: [...shape.slice(0, place), factor, -1, ...shape.slice(place + 1)] } };
}

function slice(random: Random, shape: Shape): Operation {
  const axis = anAxis(random, shape);
  const size = shape[axis - 1]!;
  const start = random.below(size) - (random.uniform() < 0.3 ? size : 0);
  const end = random.uniform() < 0.5 ? null : random.below(2 * size + 2) - size;
  return { op: 'slice', attrs: { axis, start, end, step: 1 + random.below(3) } };
}

function convolution(random: Random, inChannels: number) {
  const groups = oneOf(random, divisors(inChannels));
  return {
    inChannels,
    outChannels: groups * (1 + random.below(3)),
    kernel: [1 + random.below(3), 1 + random.below(3)],
    stride: [1 + random.below(2), 1 + random.below(2)],
    padding: [random.below(2), random.below(2), random.below(2), random.below(2)],
    dilation: [1, 1],
    groups,
    bias: random.uniform() < 0.5,
  } as const;
}

function transposed(random: Random, inChannels: number) {
  const [vertical, horizontal] = [random.below(2), random.below(2)];
  const stride = [1 + random.below(2), 1 + random.below(2)] as const;
  return {
    ...convolution(random, inChannels),
    stride,
    padding: [vertical, vertical, horizontal, horizontal],
    outputPadding: [random.below(stride[0]), random.below(stride[1])],
  } as const;
}

function resize(random: Random) {
  const how = oneOf(random, [
    { mode: 'nearest', coordinates: 'asymmetric', rounding: 'floor' },
    { mode: 'linear', coordinates: 'half_pixel' },
    { mode: 'linear', coordinates: 'align_corners' },
    { mode: 'cubic', coordinates: 'half_pixel' },
    { mode: 'cubic', coordinates: 'align_corners' },
  ] as const);
  return { ...how, size: [1 + random.below(12), 1 + random.below(12)] } as const;
}

function onMap(draw: (random: Random, channels: number) => Operation | null): Draw {
  return (random, shape) => (shape.length === 3 ? draw(random, shape[0]!) : null);
}

/** From 1 on. */
function anAxis(random: Random, shape: Shape): number {
  return 1 + random.below(shape.length);
}

function shuffled(random: Random, length: number): number[] {
  return [...random.sample(length, length)];
}
