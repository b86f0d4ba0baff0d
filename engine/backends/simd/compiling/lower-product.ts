/** Products of computed values, and operations that are such products. */
import { attentionScale, resizeWeights, transposedSize, type WeightedPixels } from '../../../../graph/index.js';
import type { Operand } from '../planning/step.js';
import { expanded, laneAxes, permuted, repeated, shapeOf, sliced, type View, windowed } from '../planning/view.js';
import { type Building, everywhere, fixedNumbers, fixedTensor, type NodeOf } from './building.js';
import { combined, perChannel } from './lower-buffer.js';
import { asShape, copies, taken } from './lower-view.js';

export function lowerMatmul(_: NodeOf<'matmul'>, building: Building): Operand {
  const [a, b] = building.operands();
  const shape = building.output;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const outer = shape.slice(0, -2);
  const left = repeated(withOuter(a, outer).view, outer.length + 1, columns);
  const turned = permuted(withOuter(b!, outer).view, [...outer.keys(), outer.length + 1, outer.length]);
  const operands = [
    { ...a, view: left },
    { ...b!, view: repeated(turned, outer.length, rows) },
  ];
  return building.compute({ kind: 'product', summed: 1 }, operands, building.roomOfRows(shape));
}

/** A matrix, repeated along the axes before the last two. */
function withOuter(operand: Operand, outer: readonly number[]): Operand {
  const matrix = shapeOf(operand.view).slice(-2);
  return { ...operand, view: expanded(operand.view, [...outer, ...matrix]) };
}

export function lowerAttention({ attrs }: NodeOf<'attention'>, building: Building): Operand {
  const [queries, ...others] = building.operands();
  const shape = building.output;
  const outer = shape.slice(0, -2);
  const scale = attentionScale(shapeOf(queries.view), attrs);
  const [q, k, v] = [queries, ...others.slice(0, 2)].map((operand) => {
    const inArena = building.inArena(operand);
    const isEven = inArena.view.axes.at(-1)!.length <= 1;
    return isEven ? inArena : building.copy(inArena, building.roomOfRows(shapeOf(inArena.view)));
  }) as [Operand, Operand, Operand];
  const scores = [...outer, shapeOf(q.view).at(-2)!, shapeOf(k.view).at(-2)!];
  const bias = others.slice(2).map((operand) => ({ ...operand, view: expanded(operand.view, scores) }));
  const operands = [...[q, k, v].map((operand) => withOuter(operand, outer)), ...bias];
  const { softcap = 0, causal = false } = attrs;
  // Heads that were lanes side by side are so again.
  const heads = [...laneAxes(q.view)].filter((axis) => axis < shape.length - 2);
  const room = building.room(shape, new Set([...heads, shape.length - 1]));
  return building.compute({ kind: 'attention', scale, softcap, causal }, operands, room);
}

/** One axis after the other: a choice of pixels, or a product with a matrix. */
export function lowerResize({ attrs }: NodeOf<'resize'>, building: Building): Operand {
  const [operand] = building.operands();
  const [, height, width] = shapeOf(operand.view) as [number, number, number];
  const rows = resizeAxis(operand, 0, resizeWeights(height, 0, attrs), building);
  return resizeAxis(rows, 1, resizeWeights(width, 1, attrs), building);
}

function resizeAxis(operand: Operand, axis: 0 | 1, pixels: readonly WeightedPixels[], building: Building): Operand {
  const place = axis + 1;
  if (pixels.every(({ weights }) => weights.length === 1 && weights[0] === 1)) {
    const chosen = pixels.map(({ from }) => from[0]!);
    return taken(operand, place, chosen, building);
  }
  const shape = shapeOf(operand.view);
  const length = shape[place]!;
  const fill = (into: Float32Array) => {
    for (const [i, { from, weights }] of pixels.entries()) {
      for (const [tap, pixel] of from.entries()) into[i * length + pixel]! += weights[tap]!;
    }
  };
  const packing = `axis ${axis} of ${length}`;
  const matrix = fixedNumbers({ node: building.node.name, packing, fill }, [pixels.length, length]);
  const output = shape.with(place, pixels.length);
  const input = permuted(operand.view, [0, 3 - place, place]);
  const spread = permuted(repeated(input, 2, pixels.length), place === 1 ? [0, 2, 1, 3] : [0, 1, 2, 3]);
  const weights = repeated(repeated(matrix.view, 0, output[0]!), place === 1 ? 2 : 1, output[3 - place]!);
  const operands = [
    { ...matrix, view: weights },
    { ...operand, view: spread },
  ];
  const room = building.roomLike(operand, output);
  return building.compute({ kind: 'product', summed: 1 }, operands, room, axis === 0 ? 'rows' : 'columns');
}

/** A convolution with turned filters over pixels that lie `stride` apart in a padded buffer of zeros. */
export function lowerTransposedConvolution(node: NodeOf<'convTranspose2d'>, building: Building): Operand {
  const { inChannels, outChannels, kernel, dilation, groups, bias } = node.attrs;
  const [, ...size] = building.shape(node.inputs[0]!) as readonly [number, number, number];
  const outputSize = transposedSize(size as [number, number], node.attrs);
  const apart = spreadPixels(node, outputSize, building);
  const [perGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  const split = asShape(apart, [groups, perGroup, ...shapeOf(apart.view).slice(1)], building);
  const rows = windowed(split.view, 2, { windows: outputSize[0], taps: kernel[0], dilation: dilation[0] });
  const both = windowed(rows, 4, { windows: outputSize[1], taps: kernel[1], dilation: dilation[1] });
  // Now [group, channel, row, down, column, across].
  const pixels = repeated(permuted(both, [0, 2, 4, 1, 3, 5]), 1, outPerGroup);
  const filters = turnedFilters(node);
  const weights = repeated(repeated(permuted(filters.view, [0, 4, 1, 2, 3]), 2, outputSize[0]), 3, outputSize[1]);
  const room = building.roomOfMap([outChannels, ...outputSize]);
  const grouped = asShape({ view: room.view, fixed: null }, [groups, outPerGroup, ...outputSize], building);
  const operands = [
    { ...apart, view: pixels },
    { ...filters, view: weights },
  ];
  const part = bias ? 'product' : undefined;
  const product = building.compute({ kind: 'product', summed: 3 }, operands, room, part, [grouped.view]);
  if (!bias) return product;
  return combined('add', product, perChannel(fixedTensor(node.name, 'bias', [outChannels]), 3), building);
}

/** `[group, channel, row, column, output]`, with rows and columns from the last to the first. */
function turnedFilters({ name, attrs }: NodeOf<'convTranspose2d'>): Operand {
  const { inChannels, outChannels, kernel, groups } = attrs;
  const [area, outPerGroup] = [kernel[0] * kernel[1], outChannels / groups];
  const fill = (into: Float32Array, tensor: (name: string) => Float32Array) => {
    for (const [i, weight] of tensor('weight').entries()) {
      const tap = area - 1 - (i % area);
      const output = Math.floor(i / area) % outPerGroup;
      const channel = Math.floor(i / (area * outPerGroup));
      into[(channel * area + tap) * outPerGroup + output] = weight;
    }
  };
  const shape = [groups, inChannels / groups, ...kernel, outPerGroup];
  return fixedNumbers({ node: name, packing: 'turned', fill }, shape);
}

/** The input where each output of a turned filter finds it, among zeros. */
function spreadPixels(
  { attrs }: NodeOf<'convTranspose2d'>,
  outputSize: readonly [number, number],
  building: Building,
): Operand {
  const { kernel, stride, padding, dilation } = attrs;
  const [operand] = building.operands();
  const shape = shapeOf(operand.view);
  const reach = (d: 0 | 1) => (kernel[d] - 1) * dilation[d];
  const padded = [shape[0]!, outputSize[0] + reach(0), outputSize[1] + reach(1)];
  const room = building.roomOfMap(padded);
  const plain = operand.view.axes.every(({ length }) => length <= 1) ? operand : building.copyOfMap(operand);
  let spread: { from: View; to: View } | null = { from: plain.view, to: room.view };
  for (const d of [0, 1] as const) {
    const first = reach(d) - padding[2 * d]!;
    const start = Math.max(0, Math.ceil(-first / stride[d]));
    const end = Math.min(shape[d + 1]!, Math.floor((padded[d + 1]! - 1 - first) / stride[d]) + 1);
    if (spread === null || end <= start) spread = null;
    else {
      const length = end - start;
      const from = sliced(spread.from, d + 1, { start, length, step: 1 });
      const to = sliced(spread.to, d + 1, { start: first + start * stride[d], length, step: stride[d] });
      spread = from && { from, to: to! };
    }
  }
  const zeros = everywhere(0, padded);
  const pixels = spread === null ? [] : [{ ...plain, view: spread.from }];
  const outputs = [room.view, ...(spread === null ? [] : [spread.to])];
  return copies([zeros, ...pixels], { room, outputs, inOrder: true }, building, 'spread');
}
