/** A convolution for the planners, and the input that its windows see, by axis. */
import type { Padding } from '../../../../graph/index.js';
import { type AxisGroup, convolutionAxis, liveTaps } from './axis.js';
import type { RowStrides, Value } from './value.js';

/** A convolution. A Linear is a convolution whose kernel is the whole map. */
export interface Filter {
  /** The node that has its tensors. */
  node: string;
  outChannels: number;
  inChannels: number;
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  dilation: readonly [number, number];
  groups: number;
  bias: boolean;
}

/** Whether each output channel has one input channel of its own. */
export function isDepthwise({ groups, inChannels, outChannels }: Filter): boolean {
  return groups > 1 && groups === inChannels && groups === outChannels;
}

/** Whether a first convolution can read the image as `packRows` lays it out. */
export function readsRows({ groups, dilation, kernel }: Filter): boolean {
  return groups === 1 && (dilation[1] === 1 || kernel[1] === 1);
}

/** Multiplications an image, as PyTorch counts them: every tap at every position, including padding. */
export function macsOf({ kernel, inChannels, outChannels, groups }: Filter, { map }: Pick<Value, 'map'>): number {
  return ((kernel[0] * kernel[1] * inChannels) / groups) * outChannels * map[1] * map[2];
}

export function axes(
  { kernel, stride, padding, dilation }: Filter,
  input: Pick<Value, 'map'>,
  output: Value,
): { y: AxisGroup[]; x: AxisGroup[] } {
  const axis = (d: 0 | 1): AxisGroup[] =>
    convolutionAxis({
      size: input.map[d + 1]!,
      outputs: output.map[d + 1]!,
      kernel: kernel[d],
      stride: stride[d],
      before: padding[2 * d]!,
      dilation: dilation[d],
    });
  return { y: axis(0), x: axis(1) };
}

/** `row·width + column` of all taps that are live anywhere. */
export function tapNumbers({ kernel }: Filter, y: readonly AxisGroup[], x: readonly AxisGroup[]): number[] {
  return liveTaps(y).flatMap((row) => liveTaps(x).map((column) => row * kernel[1] + column));
}

/** Bytes from a window's first tap to another tap. */
export function tapOffset(
  { dilation }: Filter,
  [row, column]: readonly [number, number],
  { y, x }: RowStrides,
): number {
  return row * dilation[0] * y + column * dilation[1] * x;
}
