/**
 * Where windows lie along one axis of a map, and which of their taps see pixels. Positions with the same live taps make
 * a group. A region of the map is a group of rows by a group of columns, computed without its dead taps.
 */
import { poolAxis, windowDivisor } from '../../../../graph/index.js';

export interface AxisPosition {
  /** The position along the output. */
  output: number;
  /** The position of tap 0 along the input. It may be outside, in the padding. */
  origin: number;
}

export interface AxisGroup {
  positions: readonly AxisPosition[];
  /** In ascending order. */
  taps: readonly number[];
  /** The divisor of an average over the window, along this axis. */
  divisor: number;
}

export interface AxisWindows {
  /** Positions of the input. */
  size: number;
  /** The number of windows. */
  outputs: number;
  kernel: number;
  stride: number;
  /** Padding before the first pixel. */
  before: number;
  dilation: number;
}

/** Windows of a convolution. */
export function convolutionAxis({ size, outputs, kernel, stride, before, dilation }: AxisWindows): AxisGroup[] {
  return group(outputs, (output) => {
    const origin = output * stride - before;
    const taps = range(kernel).filter((tap) => isInside(origin + tap * dilation, size));
    return { origin, taps, divisor: 1 };
  });
}

/** Windows of a max or average pooling. */
export function poolingAxis(
  size: number,
  window: { kernel: number; stride: number; before: number; after: number; ceilMode: boolean; dilation: number },
  countIncludePad: boolean,
): AxisGroup[] {
  const axis = poolAxis(size, window);
  return group(axis.output, (output) => {
    const origin = output * axis.stride - axis.before;
    const taps = range(axis.kernel).filter((tap) => isInside(origin + tap * axis.dilation, size));
    return { origin, taps, divisor: windowDivisor(axis, output, countIncludePad) };
  });
}

/** Windows of an adaptive pooling: from `floor(i·size/outputs)` to `ceil((i + 1)·size/outputs)`. */
export function adaptiveAxis(size: number, outputs: number): AxisGroup[] {
  return group(outputs, (output) => {
    const origin = Math.floor((output * size) / outputs);
    const length = Math.ceil(((output + 1) * size) / outputs) - origin;
    return { origin, taps: range(length), divisor: length };
  });
}

/** Every position as a window of one tap, for a layer without windows. */
export function pointwiseAxis(size: number): AxisGroup[] {
  return group(size, (output) => ({ origin: output, taps: [0], divisor: 1 }));
}

/** All taps that any group has, in ascending order. */
export function liveTaps(groups: readonly AxisGroup[]): number[] {
  return [...new Set(groups.flatMap(({ taps }) => taps))].sort((a, b) => a - b);
}

function group(
  outputs: number,
  window: (output: number) => { origin: number; taps: readonly number[]; divisor: number },
): AxisGroup[] {
  const groups = new Map<string, { positions: AxisPosition[]; taps: readonly number[]; divisor: number }>();
  for (let output = 0; output < outputs; output++) {
    const { origin, taps, divisor } = window(output);
    const key = `${taps.join()}/${divisor}`;
    const found = groups.get(key) ?? { positions: [], taps, divisor };
    found.positions.push({ output, origin });
    groups.set(key, found);
  }
  return [...groups.values()];
}

function isInside(position: number, size: number): boolean {
  return position >= 0 && position < size;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
