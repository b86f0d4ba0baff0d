/** Where the windows of a pooling layer lie along one axis, by PyTorch's rules (ATen/native/Pool.h). */

export interface PoolAxisOptions {
  /** Pixels of the input along this axis. */
  size: number;
  kernel: number;
  stride: number;
  /** Padding at the start and at the end. */
  before: number;
  after: number;
  ceilMode: boolean;
}

export interface PoolAxis extends PoolAxisOptions {
  /** How many windows there are; 0 or less when the input is too small for one. */
  output: number;
  /** By how many pixels the last window reaches beyond the padding. */
  overhang: number;
}

/** With `ceilMode` a last window that hangs over the end is kept, unless it would start in the end padding. */
export function poolAxis(options: PoolAxisOptions): PoolAxis {
  const { size, kernel, stride, before, after, ceilMode } = options;
  const steps = (size + before + after - kernel) / stride;
  let output = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (ceilMode && (output - 1) * stride >= size + before) output--;
  const overhang = Math.max(0, (output - 1) * stride + kernel - (size + before + after));
  return { ...options, output, overhang };
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
