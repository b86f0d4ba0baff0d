/**
 * The shape of every node's output for one image size, with PyTorch's rounding
 * (`aten/src/ATen/native/Pool.h`, `pooling_output_shape`; https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html).
 */

import type { Graph, GraphNode, Padding, Pool2dAttrs } from './graph.js';
import { GraphError } from './graph-error.js';

export interface ImageSize {
  /** Pixels. */
  height: number;
  width: number;
}

/** `[C, H, W]` or, after a flatten, `[C]`: without the batch. */
export type ImageShape = readonly number[];

/** A sliding window over one of the two directions. */
export interface Window {
  kernel: number;
  stride: number;
  /** Padding before and after, pixels. */
  before: number;
  after: number;
  dilation: number;
  ceilMode: boolean;
}

/**
 * Shapes without the batch: `[C, H, W]`, `[C]` after the flatten; by node name. The image is RGB, `[3, height, width]`.
 *
 * @throws GraphError `BAD_IMAGE_SIZE` for sizes that are no positive whole numbers; `IMAGE_TOO_SMALL`, naming the layer
 *   where a window no longer fits; `GRAPH_SHAPES` for a graph whose nodes do not fit each other
 */
export function inferShapes(graph: Graph, image: ImageSize): Map<string, ImageShape> {
  for (const side of [image.height, image.width]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new GraphError('BAD_IMAGE_SIZE', `an image cannot have ${image.height}×${image.width} pixels`);
    }
  }
  const shapes = new Map<string, ImageShape>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name);
      if (shape === undefined) throw misfit(node, `its input ${name} does not come before it`);
      return shape;
    });
    shapes.set(node.name, outputShape(node, inputs, image));
  }
  return shapes;
}

function outputShape(node: GraphNode, inputs: readonly ImageShape[], image: ImageSize): ImageShape {
  switch (node.op) {
    case 'input':
      return [3, image.height, image.width];
    case 'conv2d': {
      const { inChannels, outChannels } = node.attrs;
      expectChannels(node, inChannels, planar(node, inputs)[0]);
      return [outChannels, ...slide(node, { ...node.attrs, ceilMode: false }, inputs, image)];
    }
    case 'maxPool2d':
    case 'avgPool2d':
      return [planar(node, inputs)[0], ...slide(node, { ...node.attrs, dilation: [1, 1] }, inputs, image)];
    case 'adaptiveAvgPool2d':
      return [planar(node, inputs)[0], ...node.attrs.output];
    case 'batchNorm2d':
      expectChannels(node, node.attrs.channels, planar(node, inputs)[0]);
      return inputs[0]!;
    case 'linear': {
      const input = only(node, inputs);
      if (input.length !== 1) throw misfit(node, `it gets [${input.join(', ')}], a Linear needs one dimension`);
      expectChannels(node, node.attrs.inFeatures, input[0]!);
      return [node.attrs.outFeatures];
    }
    case 'flatten':
      return [only(node, inputs).reduce((a, b) => a * b, 1)];
    case 'add':
      return sameShapes(node, inputs);
    case 'concat':
      return concatenate(node, inputs);
    case 'relu':
    case 'relu6':
    case 'identity':
      return only(node, inputs);
  }
}

type Sliding = Pool2dAttrs & { dilation: readonly [number, number] };

/** `[height, width]` of the output of a layer with a sliding window. */
function slide(node: GraphNode, attrs: Sliding, inputs: readonly ImageShape[], image: ImageSize): [number, number] {
  const [, height, width] = planar(node, inputs);
  const { kernel, stride, padding, dilation, ceilMode } = attrs;
  const [top, bottom, left, right]: Padding = padding;
  const vertical = {
    kernel: kernel[0],
    stride: stride[0],
    before: top,
    after: bottom,
    dilation: dilation[0],
    ceilMode,
  };
  const horizontal = {
    kernel: kernel[1],
    stride: stride[1],
    before: left,
    after: right,
    dilation: dilation[1],
    ceilMode,
  };
  const out: [number, number] = [windows(height, vertical), windows(width, horizontal)];
  if (out[0] < 1 || out[1] < 1) {
    throw new GraphError(
      'IMAGE_TOO_SMALL',
      `images of ${image.height}×${image.width} are too small for this network: ` +
        `${node.name} gets ${height}×${width} and its window of ${kernel.join('×')} no longer fits`,
      { hint: 'Resize the images, or take a tap before this layer.' },
    );
  }
  return out;
}

/** How many positions a window has over `size` pixels; below 1 when it does not fit. */
export function windows(size: number, { kernel, stride, before, after, dilation, ceilMode }: Window): number {
  const room = size + before + after - dilation * (kernel - 1) - 1;
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // The last window must start inside the image or the padding before it, not in the padding after it.
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

function only(node: GraphNode, inputs: readonly ImageShape[]): ImageShape {
  if (inputs.length !== 1) throw misfit(node, `it has ${inputs.length} inputs, 1 is needed`);
  return inputs[0]!;
}

function planar(node: GraphNode, inputs: readonly ImageShape[]): readonly [number, number, number] {
  const [channels, height, width, ...more] = only(node, inputs);
  if (channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw misfit(node, `it gets [${inputs[0]!.join(', ')}], channels, height and width are needed`);
  }
  return [channels, height, width];
}

function expectChannels(node: GraphNode, expected: number, actual: number): void {
  if (expected !== actual) throw misfit(node, `it takes ${expected} channels and gets ${actual}`);
}

function sameShapes(node: GraphNode, inputs: readonly ImageShape[]): ImageShape {
  const [first, ...rest] = inputs;
  if (first === undefined) throw misfit(node, 'it has no inputs');
  for (const shape of rest) {
    if (shape.join() !== first.join()) throw misfit(node, `it gets [${first.join(', ')}] and [${shape.join(', ')}]`);
  }
  return first;
}

function concatenate(node: GraphNode, inputs: readonly ImageShape[]): ImageShape {
  const [, ...size] = sameShapes(
    node,
    inputs.map(([, ...plane]) => [0, ...plane]),
  );
  return [inputs.reduce((sum, [channels = 0]) => sum + channels, 0), ...size];
}

function misfit(node: GraphNode, why: string): GraphError {
  return new GraphError('GRAPH_SHAPES', `${node.name} (${node.op}) does not fit into the graph: ${why}`);
}
