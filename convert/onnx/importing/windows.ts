/** Windows that slide over axes, as ONNX's attributes describe them. */
import { intsAttribute, stringAttribute } from '../file/attributes.js';
import type { OnnxNode } from '../file/onnx-model.js';
import { NotSupported } from './not-supported.js';

/** A window along one axis. */
export interface AxisWindow {
  kernel: number;
  stride: number;
  dilation: number;
  /** Padding before and after. */
  before: number;
  after: number;
}

export interface WindowAttrs {
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number, number, number];
  dilation: [number, number];
}

/**
 * @param sizes of the axes that the window slides over
 * @param kernel its size along each of them
 * @throws NotSupported if there are not as many numbers as axes
 */
export function axisWindows(node: OnnxNode, sizes: readonly number[], kernel: readonly number[]): AxisWindow[] {
  const rank = sizes.length;
  const isWindow = kernel.length === rank && kernel.every((size) => Number.isInteger(size) && size > 0);
  if (!isWindow) throw new NotSupported(`its window of [${kernel.join(', ')}] does not slide over ${rank} axes`);
  const strides = positive(node, 'strides', rank);
  const dilations = positive(node, 'dilations', rank);
  const mode = stringAttribute(node, 'auto_pad', 'NOTSET');
  const pads = intsAttribute(node, 'pads') ?? [];
  if (pads.length !== 0 && pads.length !== 2 * rank) {
    throw new NotSupported(`its pads are [${pads.join(', ')}] for ${rank} axes`);
  }
  return sizes.map((size, axis) => {
    const window = { kernel: kernel[axis]!, stride: strides[axis]!, dilation: dilations[axis]! };
    if (mode === 'VALID') return { ...window, before: 0, after: 0 };
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
      return { ...window, ...samePadding(size, window, mode === 'SAME_LOWER') };
    }
    const [before, after] = [pads[axis] ?? 0, pads[axis + rank] ?? 0];
    if (Math.min(before, after) < 0) throw new NotSupported('it has a negative padding');
    return { ...window, before, after };
  });
}

/** How many pixels a window reaches over. */
export function reach({ kernel, dilation }: Pick<AxisWindow, 'kernel' | 'dilation'>): number {
  return (kernel - 1) * dilation + 1;
}

/** As much padding as gives one output for each stride; an odd pixel goes after the map, or before it for `SAME_LOWER`. */
function samePadding(
  size: number,
  window: Pick<AxisWindow, 'kernel' | 'stride' | 'dilation'>,
  isLower: boolean,
): { before: number; after: number } {
  const all = Math.max(0, (Math.ceil(size / window.stride) - 1) * window.stride + reach(window) - size);
  return shared(all, isLower);
}

/** A total in two halves, of which the second is the larger, or the first. */
export function shared(total: number, isFirstLarger: boolean): { before: number; after: number } {
  const less = Math.floor(total / 2);
  return isFirstLarger ? { before: total - less, after: less } : { before: less, after: total - less };
}

function positive(node: OnnxNode, name: string, rank: number): readonly number[] {
  const values = intsAttribute(node, name);
  if (values === null || values.length === 0) return new Array<number>(rank).fill(1);
  if (values.length === rank && values.every((value) => value > 0)) return values;
  throw new NotSupported(`its ${name} are [${values.join(', ')}] for ${rank} axes`);
}

/** The attributes for height and width, as the graph has them: both sides of the height first. */
export function planeOf([vertical, horizontal]: readonly AxisWindow[]): WindowAttrs {
  const [down, across] = [vertical!, horizontal!];
  return {
    kernel: [down.kernel, across.kernel],
    stride: [down.stride, across.stride],
    dilation: [down.dilation, across.dilation],
    padding: [down.before, down.after, across.before, across.after],
  };
}
