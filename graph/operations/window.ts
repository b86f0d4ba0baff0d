/** Sliding windows with the rounding of PyTorch's `pooling_output_shape` (`aten/src/ATen/native/Pool.h`). */
import { planar, type Shape, WindowMisfit } from './operation.js';

/** `[top, bottom, left, right]`, pixels. PyTorch's own layers only make symmetric padding. */
export type Padding = readonly [number, number, number, number];

/** One number for both directions, or `[vertical, horizontal]`. */
export type Size = number | readonly [number, number];

export function pair(size: Size): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size;
}

/** PyTorch's padding, as much at the top as at the bottom, at the left as at the right; all four sides as they are. */
export function symmetric(padding: Size | Padding): Padding {
  if (typeof padding !== 'number' && padding.length === 4) return padding;
  const [vertical, horizontal] = pair(padding);
  return [vertical, vertical, horizontal, horizontal];
}

/** TensorFlow's padding `SAME`: ⌈size / stride⌉ pixels of output, with an odd pixel at the bottom and at the right. */
export function samePadding(kernel: number, stride: number, [height, width]: readonly [number, number]): Padding {
  const total = (size: number) => Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const [vertical, horizontal] = [total(height), total(width)];
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)];
  return [top, vertical - top, left, horizontal - left];
}

/** A window along one of the two directions. */
export interface Window {
  kernel: number;
  stride: number;
  /** Padding before and after, pixels. */
  before: number;
  after: number;
  dilation: number;
  ceilMode: boolean;
}

/** What the attributes of an operation with a window say of one direction; 0 is the vertical one. */
export function alongAxis({ kernel, stride, padding, dilation, ceilMode }: Sliding, axis: 0 | 1): Window {
  const [before, after] = [padding[2 * axis]!, padding[2 * axis + 1]!];
  return { kernel: kernel[axis], stride: stride[axis], before, after, dilation: dilation[axis], ceilMode };
}

/** How many positions a window has over `size` pixels; below 1 when it does not fit. */
export function windows(size: number, { kernel, stride, before, after, dilation, ceilMode }: Window): number {
  const room = size + before + after - dilation * (kernel - 1) - 1;
  if (!ceilMode) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  // The last window must start inside the image or the padding before it, not in the padding after it.
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

/** The attributes of an operation whose window slides over both directions. */
export interface Sliding {
  kernel: readonly [number, number];
  stride: readonly [number, number];
  padding: Padding;
  dilation: readonly [number, number];
  ceilMode: boolean;
}

/** `[height, width]` of the output. @throws WindowMisfit if the window does not fit even once */
export function slide(inputs: readonly Shape[], attrs: Sliding): [number, number] {
  const [, height, width] = planar(inputs);
  const rows = windows(height, alongAxis(attrs, 0));
  const columns = windows(width, alongAxis(attrs, 1));
  if (rows < 1 || columns < 1) {
    throw new WindowMisfit(`${height}×${width} and its window of ${attrs.kernel.join('×')} no longer fits`);
  }
  return [rows, columns];
}

/** ONNX wants the padding before all axes first, then the padding after them. */
export function onnxPads([top, bottom, left, right]: Padding): number[] {
  return [top, left, bottom, right];
}
