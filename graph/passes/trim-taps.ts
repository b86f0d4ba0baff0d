/** Drops a convolution's taps that see only padding, for one image size: at 32×32, a quarter of ResNet-18's work. */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { Conv2dAttrs } from '../operations/convolution.js';
import { alongAxis, type Window } from '../operations/window.js';
import { type ImageSize, inferShapes } from '../shapes.js';
import { sharedFloats } from '../shared-memory.js';
import { type BoundNode, boundNodes, rewrite } from './rewrite.js';

/** Taps `[from, to)` of one axis of a filter. */
interface Range {
  from: number;
  to: number;
}

/** Same outputs for this size only: drops a filter's rows and columns that see padding at every position. */
export function trimTaps(bound: BoundGraph, image: ImageSize): BoundGraph {
  const shapes = inferShapes(bound.graph, image);
  const nodes = boundNodes(bound).map((each): BoundNode => {
    const { node, tensors } = each;
    if (node.op !== 'conv2d') return each;
    const [, height = 1, width = 1] = shapes.get(node.inputs[0]!)!;
    const [, outHeight = 1, outWidth = 1] = shapes.get(node.name)!;
    const { kernel } = node.attrs;
    const attrs = { ...node.attrs, ceilMode: false };
    const rows = liveTaps(alongAxis(attrs, 0), height, outHeight);
    const columns = liveTaps(alongAxis(attrs, 1), width, outWidth);
    if (isWhole(rows, kernel[0]) && isWhole(columns, kernel[1])) return each;
    const weight = crop(tensors.get('weight')!, rows, columns);
    return {
      node: { ...node, attrs: trim(node.attrs, rows, columns) },
      tensors: new Map([...tensors, ['weight', weight]]),
    };
  });
  return rewrite(bound, nodes);
}

/**
 * The taps from the first to the last that meets the map, at least one; more if padding would become negative.
 * @param size pixels of the map
 * @param out pixels of the output
 */
function liveTaps({ kernel: taps, stride, dilation, before, after }: Window, size: number, out: number): Range {
  const isLive = (tap: number): boolean => {
    // Input positions of this tap: `start`, `start + stride`, …, one an output position.
    const start = tap * dilation - before;
    const first = Math.max(0, Math.ceil(-start / stride));
    return first < out && start + first * stride < size;
  };
  const live = Array.from({ length: taps }, (_, tap) => tap).filter(isLive);
  const from = live[0] ?? 0;
  const dropped = taps - ((live.at(-1) ?? from) + 1);
  return {
    from: Math.min(from, Math.floor(before / dilation)),
    to: taps - Math.min(dropped, Math.floor(after / dilation)),
  };
}

function isWhole({ from, to }: Range, taps: number): boolean {
  return from === 0 && to === taps;
}

/** The padding shrinks by the pixels of the dropped taps. */
function trim(attrs: Conv2dAttrs, rows: Range, columns: Range): Conv2dAttrs {
  const { kernel, padding, dilation } = attrs;
  const [top, bottom, left, right] = padding;
  return {
    ...attrs,
    kernel: [rows.to - rows.from, columns.to - columns.from],
    padding: [
      top - rows.from * dilation[0],
      bottom - (kernel[0] - rows.to) * dilation[0],
      left - columns.from * dilation[1],
      right - (kernel[1] - columns.to) * dilation[1],
    ],
  };
}

/** `[out, in/groups, kh, kw]` → the same with these rows and columns of each filter. */
function crop({ shape, data }: Tensor, rows: Range, columns: Range): Tensor {
  const [outputs = 0, inputs = 0, height = 0, width = 0] = shape;
  const size = [rows.to - rows.from, columns.to - columns.from] as const;
  const cropped = sharedFloats(outputs * inputs * size[0] * size[1]);
  let to = 0;
  for (let filter = 0; filter < outputs * inputs; filter++) {
    for (let y = rows.from; y < rows.to; y++) {
      const row = (filter * height + y) * width;
      // Copies value by value: a row has three at most, so a view of each row would cost more.
      for (let x = columns.from; x < columns.to; x++) cropped[to++] = data[row + x]!;
    }
  }
  return { shape: [outputs, inputs, ...size], data: cropped };
}
