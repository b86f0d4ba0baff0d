/** The one window in which the filters of several convolutions over the same maps have their places. */
import type { Conv2dAttrs } from '../operations/convolution.js';
import { sizeOf } from '../operations/operation.js';
import { alongAxis, type Window } from '../operations/window.js';

/** One axis of a filter: taps, their distance, and the zeros before and after the map. */
type Axis = Pick<Window, 'kernel' | 'dilation' | 'before' | 'after'>;

/**
 * The attributes of the convolution that gives the sum of these. It is never more work than they are.
 * @returns null if there is none: other strides, groups, channels or sizes of the output, taps between those of
 *   another, or a window with more taps than all of them together, such as that of 1×7 and 7×1
 */
export function commonWindow(all: readonly Conv2dAttrs[]): Conv2dAttrs | null {
  const [first] = all;
  if (first === undefined || !all.every((attrs) => isAlike(attrs, first))) return null;
  const [rows, columns] = ([0, 1] as const).map((axis) => {
    return commonAxis(all.map((attrs) => alongAxis({ ...attrs, ceilMode: false }, axis)));
  }) as [Axis | null, Axis | null];
  if (rows === null || columns === null) return null;
  const taps = all.reduce((sum, { kernel }) => sum + sizeOf(kernel), 0);
  if (rows.kernel * columns.kernel > taps) return null;
  return {
    ...first,
    kernel: [rows.kernel, columns.kernel],
    dilation: [rows.dilation, columns.dilation],
    padding: [rows.before, rows.after, columns.before, columns.after],
    bias: true,
  };
}

/** The row and the column of the window at which the filter of `attrs` begins. */
export function placeIn(window: Conv2dAttrs, { padding }: Conv2dAttrs): readonly [number, number] {
  const [rows, columns] = window.dilation;
  return [(window.padding[0] - padding[0]) / rows, (window.padding[2] - padding[2]) / columns];
}

function isAlike(a: Conv2dAttrs, b: Conv2dAttrs): boolean {
  return (
    a.inChannels === b.inChannels &&
    a.outChannels === b.outChannels &&
    a.groups === b.groups &&
    a.stride.join() === b.stride.join()
  );
}

function commonAxis(all: readonly Axis[]): Axis | null {
  // A single tap has no distance to another.
  const dilation = all.find(({ kernel }) => kernel > 1)?.dilation ?? 1;
  if (all.some((axis) => axis.kernel > 1 && axis.dilation !== dilation)) return null;
  const before = Math.max(...all.map((axis) => axis.before));
  const after = Math.max(...all.map((axis) => axis.after));
  // By how much the output is longer than the map, at stride 1.
  const longer = (axis: Axis): number => axis.before + axis.after - dilation * (axis.kernel - 1);
  const fits = (axis: Axis): boolean =>
    longer(axis) === longer(all[0]!) &&
    (before - axis.before) % dilation === 0 &&
    (after - axis.after) % dilation === 0;
  if (!all.every(fits)) return null;
  return { kernel: (before + after - longer(all[0]!)) / dilation + 1, dilation, before, after };
}
