/** Where windows lie along an axis; positions with the same live taps make a group. A region is two groups. */
import { type Conv2dAttrs, poolAxis, windowDivisor } from '../../../../graph/index.js';
import type { RowStrides, Value } from './draft.js';

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

/** A window: the position of its tap 0, its live taps from `first` to before `end`, its divisor. */
interface Window {
  origin: number;
  first: number;
  end: number;
  divisor: number;
}

/** Windows of a convolution. */
export function convolutionAxis({ size, outputs, kernel, stride, before, dilation }: AxisWindows): AxisGroup[] {
  return group(outputs, (output) => {
    const origin = output * stride - before;
    return { origin, ...liveOf({ origin, kernel, dilation }, size), divisor: 1 };
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
    return { origin, ...liveOf({ origin, ...axis }, size), divisor: windowDivisor(axis, output, countIncludePad) };
  });
}

/** Windows of an adaptive pooling: from `floor(i·size/outputs)` to `ceil((i + 1)·size/outputs)`. */
export function adaptiveAxis(size: number, outputs: number): AxisGroup[] {
  return group(outputs, (output) => {
    const origin = Math.floor((output * size) / outputs);
    const length = Math.ceil(((output + 1) * size) / outputs) - origin;
    return { origin, first: 0, end: length, divisor: length };
  });
}

/** Every position as a window of one tap, for a layer without windows. */
export function pointwiseAxis(size: number): AxisGroup[] {
  return group(size, (output) => ({ origin: output, first: 0, end: 1, divisor: 1 }));
}

/** All taps that any group has, in ascending order. */
export function liveTaps(groups: readonly AxisGroup[]): number[] {
  return [...new Set(groups.flatMap(({ taps }) => taps))].sort((a, b) => a - b);
}

/** A plan has every position of every map. So the taps of a group are listed once, not for each of its positions. */
function group(outputs: number, window: (output: number) => Window): AxisGroup[] {
  const groups = new Map<string, Window & { positions: AxisPosition[] }>();
  let last: (Window & { positions: AxisPosition[] }) | undefined;
  for (let output = 0; output < outputs; output++) {
    const one = window(output);
    if (last === undefined || !isAlike(one, last)) {
      const key = `${one.first} ${one.end} ${one.divisor}`;
      last = groups.get(key) ?? { ...one, positions: [] };
      groups.set(key, last);
    }
    last.positions.push({ output, origin: one.origin });
  }
  return Array.from(groups.values(), ({ positions, first, end, divisor }) => {
    return { positions, taps: Array.from({ length: end - first }, (_, i) => first + i), divisor };
  });
}

function isAlike(a: Window, b: Window): boolean {
  return a.first === b.first && a.end === b.end && a.divisor === b.divisor;
}

/** The taps inside of the map. A window without any is alike wherever it lies. */
function liveOf(
  { origin, kernel, dilation }: { origin: number; kernel: number; dilation: number },
  size: number,
): Pick<Window, 'first' | 'end'> {
  const first = Math.max(0, Math.ceil(-origin / dilation));
  const end = Math.min(kernel, Math.ceil((size - origin) / dilation));
  return first < end ? { first, end } : { first: 0, end: 0 };
}

/** A convolution. A Linear is a convolution whose kernel is the whole map. */
export interface Filter extends Omit<Conv2dAttrs, 'activation'> {
  /** The node that has its tensors. */
  node: string;
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
