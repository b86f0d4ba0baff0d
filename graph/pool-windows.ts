/** Where the windows of a pooling layer lie along one axis, by PyTorch's rules (ATen/native/Pool.h). */
import { type Window, windows } from './shapes.js';

export interface PoolAxis extends Omit<Window, 'dilation'> {
  /** Pixels of the input along this axis. */
  size: number;
  /** How many windows there are. */
  output: number;
  /** By how many pixels the last window reaches beyond the padding; only with `ceilMode`. */
  overhang: number;
}

export function poolAxis(size: number, window: Omit<Window, 'dilation'>): PoolAxis {
  const { kernel, stride, before, after } = window;
  const output = windows(size, { ...window, dilation: 1 });
  const overhang = Math.max(0, (output - 1) * stride + kernel - (size + before + after));
  return { ...window, size, output, overhang };
}

/**
 * What PyTorch divides the sum of window `index` by, along this axis: its pixels, with those of the padding or
 * without; never those beyond the padding.
 */
export function windowDivisor(
  { size, kernel, stride, before, after }: PoolAxis,
  index: number,
  countPad: boolean,
): number {
  const start = index * stride - before;
  const end = Math.min(start + kernel, size + after);
  return countPad ? end - start : Math.min(end, size) - Math.max(start, 0);
}
