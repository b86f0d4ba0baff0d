/** Products of computed values, and operations that are such products. */
import type { ComputedNode } from '../../../../graph/index.js';
import { attentionScale, resizeWeights, transposedSize, type WeightedPixels } from '../../../../graph/index.js';
import type { Operand } from '../planning/step.js';
import { expanded, laneAxes, permuted, repeated, shapeOf, sliced, type View, windowed } from '../planning/view.js';
import { type Building, fixedNumber, fixedNumbers, fixedTensor, type Room } from './building.js';
import { combined, perChannel } from './lower-combination.js';
import { asShape, taken } from './lower-view.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerMatmul(node: Node<'matmul'>, building: Building): View {
  const [a, b] = building.operands(node);
  const shape = building.shape(node.name);
  const [rows, columns] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2);
  const left = repeated(withOuter(a, outer).view, outer.length + 1, columns);
  const right = withOuter(b!, outer).view;
  const turned = permuted(right, [...outer.keys(), outer.length + 1, outer.length]);
  const operands = [
    { ...a, view: left },
    { ...b!, view: repeated(turned, outer.length, rows) },
  ];
  return building.compute(node, { kind: 'product', summed: 1 }, operands, building.roomOfRows(shape));
}

/** A matrix, repeated along the axes before the last two. */
function withOuter(operand: Operand, outer: readonly number[]): Operand {
  const matrix = shapeOf(operand.view).slice(-2);
  return { ...operand, view: expanded(operand.view, [...outer, ...matrix]) };
}

export function lowerAttention(node: Node<'attention'>, building: Building): View {
  const [queries, ...others] = building.operands(node);
  const shape = building.shape(node.name);
  const outer = shape.slice(0, -2);
  const scale = attentionScale(shapeOf(queries.view), node.attrs);
  const [q, k, v] = [queries, ...others.slice(0, 2)].map((operand) => {
    const inArena = building.inArena(node, operand);
    const isEven = inArena.view.axes.at(-1)!.length <= 1;
    const room = building.roomOfRows(shapeOf(inArena.view));
    return isEven ? inArena : building.computed(building.copy(node, inArena, room));
  }) as [Operand, Operand, Operand];
  const scores = [...outer, shapeOf(q.view).at(-2)!, shapeOf(k.view).at(-2)!];
  const bias = others.slice(2).map((operand) => ({ ...operand, view: expanded(operand.view, scores) }));
  const operands = [...[q, k, v].map((operand) => withOuter(operand, outer)), ...bias];
  const { softcap = 0, causal = false } = node.attrs;
  const kind = { kind: 'attention', scale, softcap, causal } as const;
  return building.compute(node, kind, operands, roomOfHeads(q.view, shape, building));
}

/** Heads that were lanes side by side are so again. */
function roomOfHeads(queries: View, shape: readonly number[], building: Building): Room {
  const heads = [...laneAxes(queries)].filter((axis) => axis < shape.length - 2);
  return building.room(shape, new Set([...heads, shape.length - 1]));
}

/** One axis after the other: a choice of pixels, or a product with a matrix. */
export function lowerResize(node: Node<'resize'>, building: Building): View {
  const operand = building.operand(node.inputs[0]!);
  const [, height, width] = building.shape(node.inputs[0]!) as readonly [number, number, number];
  const rows = resizeAxis(node, operand, 0, resizeWeights(height, 0, node.attrs), building);
  return resizeAxis(node, rows, 1, resizeWeights(width, 1, node.attrs), building).view;
}

function resizeAxis(
  node: Node<'resize'>,
  operand: Operand,
  axis: 0 | 1,
  pixels: readonly WeightedPixels[],
  building: Building,
): Operand {
  const place = axis + 1;
  if (pixels.every(({ weights }) => weights.length === 1 && weights[0] === 1)) {
    const chosen = pixels.map(({ from }) => from[0]!);
    return building.computed(taken(node, operand, place, chosen, building));
  }
  const shape = shapeOf(operand.view);
  const length = shape[place]!;
  const matrix = fixedNumbers(
    {
      node: node.name,
      packing: `axis ${axis} of ${length}`,
      floats: pixels.length * length,
      fill: (into) => {
        for (const [i, { from, weights }] of pixels.entries()) {
          for (const [tap, pixel] of from.entries()) into[i * length + pixel]! += weights[tap]!;
        }
      },
    },
    [pixels.length, length],
  );
  const output = shape.with(place, pixels.length);
  const input = permuted(operand.view, [0, 3 - place, place]);
  const spread = permuted(repeated(input, 2, pixels.length), place === 1 ? [0, 2, 1, 3] : [0, 1, 2, 3]);
  const weights = repeated(repeated(matrix.view, 0, output[0]!), place === 1 ? 2 : 1, output[3 - place]!);
  const operands = [
    { ...matrix, view: weights },
    { ...operand, view: spread },
  ];
  const part = axis === 0 ? 'rows' : 'columns';
  const room = building.roomLike(operand, output);
  return building.computed(building.compute(node, { kind: 'product', summed: 1 }, operands, room, part));
}

/**
 * A convolution with turned filters over pixels that lie `stride` apart, with zeros between and around them: all are
 * entries of a padded buffer.
 */
export function lowerTransposedConvolution(node: Node<'convTranspose2d'>, building: Building): View {
  const { inChannels, outChannels, kernel, dilation, groups, bias } = node.attrs;
  const [, ...size] = building.shape(node.inputs[0]!) as readonly [number, number, number];
  const outputSize = transposedSize(size as [number, number], node.attrs);
  const apart = spreadPixels(node, outputSize, building);
  const [perGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  const split = asShape(node, apart, [groups, perGroup, ...shapeOf(apart.view).slice(1)], building);
  const rows = windowed(split.view, 2, { windows: outputSize[0], taps: kernel[0], dilation: dilation[0] });
  const both = windowed(rows, 4, { windows: outputSize[1], taps: kernel[1], dilation: dilation[1] });
  // Now [group, channel, row, down, column, across].
  const pixels = repeated(permuted(both, [0, 2, 4, 1, 3, 5]), 1, outPerGroup);
  const filters = turnedFilters(node);
  const weights = repeated(repeated(permuted(filters.view, [0, 4, 1, 2, 3]), 2, outputSize[0]), 3, outputSize[1]);
  const room = building.room([outChannels, ...outputSize], new Set([0]));
  const grouped = asShape(node, building.computed(room.view), [groups, outPerGroup, ...outputSize], building);
  const operands = [
    { ...apart, view: pixels },
    { ...filters, view: weights },
  ];
  const parts = { operands, outputs: [grouped.view] };
  const part = bias ? 'product' : undefined;
  const product = building.computeParts(node, { kind: 'product', summed: 3 }, parts, room, part);
  if (!bias) return product;
  const terms = perChannel(fixedTensor(node.name, 'bias', [outChannels]), 3);
  return combined(node, 'add', [building.computed(product), terms], building);
}

/** `[group, channel, row, column, output]`, with rows and columns from the last to the first. */
function turnedFilters({ name, attrs }: Node<'convTranspose2d'>): Operand {
  const { inChannels, outChannels, kernel, groups } = attrs;
  const [area, outPerGroup] = [kernel[0] * kernel[1], outChannels / groups];
  const floats = inChannels * outPerGroup * area;
  const fill = (into: Float32Array, tensor: (name: string) => Float32Array) => {
    for (const [i, weight] of tensor('weight').entries()) {
      const tap = area - 1 - (i % area);
      const output = Math.floor(i / area) % outPerGroup;
      const channel = Math.floor(i / (area * outPerGroup));
      into[(channel * area + tap) * outPerGroup + output] = weight;
    }
  };
  return fixedNumbers({ node: name, packing: 'turned', floats, fill }, [
    groups,
    inChannels / groups,
    ...kernel,
    outPerGroup,
  ]);
}

/** The input where each output of a turned filter finds it, among zeros. */
function spreadPixels(
  node: Node<'convTranspose2d'>,
  outputSize: readonly [number, number],
  building: Building,
): Operand {
  const { kernel, stride, padding, dilation } = node.attrs;
  const operand = building.operand(node.inputs[0]!);
  const shape = shapeOf(operand.view);
  const reach = (d: 0 | 1) => (kernel[d] - 1) * dilation[d];
  const padded = [shape[0]!, outputSize[0] + reach(0), outputSize[1] + reach(1)];
  const room = building.room(padded, new Set([0]));
  const zero = fixedNumber(0);
  const zeros = { ...zero, view: expanded({ ...zero.view, axes: padded.map(() => []) }, padded) };
  const spread = ([0, 1] as const).reduce<{ from: View; to: View } | null>(
    (views, d) => {
      const first = reach(d) - padding[2 * d]!;
      const start = Math.max(0, Math.ceil(-first / stride[d]));
      const end = Math.min(shape[d + 1]!, Math.floor((padded[d + 1]! - 1 - first) / stride[d]) + 1);
      if (views === null || end <= start) return null;
      const to = { start: first + start * stride[d], length: end - start, step: stride[d] };
      const from = sliced(views.from, d + 1, { start, length: end - start, step: 1 });
      return from && { from, to: sliced(views.to, d + 1, to)! };
    },
    {
      from: operand.view.axes.every(({ length }) => length <= 1) ? operand.view : building.copyOfMap(node, operand),
      to: room.view,
    },
  );
  const isCopied = spread !== null && spread.from.source !== operand.view.source;
  const pixels = spread === null ? [] : [isCopied ? building.computed(spread.from) : { ...operand, view: spread.from }];
  const picks = [zeros, ...pixels].map(() => new Map());
  const outputs = [room.view, ...(spread === null ? [] : [spread.to])];
  const kind = { kind: 'copy', picks, inOrder: true } as const;
  return building.computed(
    building.computeParts(node, kind, { operands: [zeros, ...pixels], outputs }, room, 'spread'),
  );
}
