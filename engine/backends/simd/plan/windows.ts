/** What the windows of a convolution see of its input, by axis. */
import { type AxisGroup, convolutionAxis, liveTaps } from './axis.js';
import type { Filter } from './lower.js';
import type { RowStrides, Value } from './value.js';

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

/** Bytes from a window's first tap to another one. */
export function tapOffset(
  { dilation }: Filter,
  [row, column]: readonly [number, number],
  { y, x }: RowStrides,
): number {
  return row * dilation[0] * y + column * dilation[1] * x;
}
