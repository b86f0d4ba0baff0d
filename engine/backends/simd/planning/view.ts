/**
 * How the entries of a value lie in the buffer of the step that made it, `[position][image][lane]`: a reshape,
 * permutation, slice or expansion is another view and copies nothing. Neighbours along an axis are so many lanes and
 * positions apart. An axis may be made of several factors, row-major: a flattened map has channels, height and width.
 */
export interface Stride {
  readonly lanes: number;
  readonly positions: number;
}

export interface Factor extends Stride {
  readonly size: number;
}

/** Factors of at least 2, the outermost first. None for an axis of one entry. */
export type Axis = readonly Factor[];

export interface View {
  /** The node whose buffer it lies in. */
  readonly source: string;
  readonly offset: Stride;
  /** Without the batch. */
  readonly axes: readonly Axis[];
}

/** Lanes, and height and width of the positions: `[channels, height, width]` of maps. */
export type BufferMap = readonly [number, number, number];

const NOWHERE_ELSE: Stride = { lanes: 0, positions: 0 };

export function sizeOfAxis(axis: Axis): number {
  return axis.reduce((product, { size }) => product * size, 1);
}

export function shapeOf({ axes }: View): number[] {
  return axes.map(sizeOfAxis);
}

/** A new buffer for a shape: some of its axes are lanes, the others positions, both row-major. */
export function freshView(source: string, shape: readonly number[], lanes: ReadonlySet<number>): View {
  const step: { lanes: number; positions: number } = { lanes: 1, positions: 1 };
  const axes = shape.map((): Axis => []);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    const isLane = lanes.has(axis);
    const stride = isLane ? { lanes: step.lanes, positions: 0 } : { lanes: 0, positions: step.positions };
    axes[axis] = normal([{ size, ...stride }]);
    step[isLane ? 'lanes' : 'positions'] *= size;
  }
  return { source, offset: NOWHERE_ELSE, axes };
}

/** Lanes and positions of a new buffer. Maps keep their height and width apart. */
export function freshMap(shape: readonly number[], lanes: ReadonlySet<number>): BufferMap {
  const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);
  const [height = 1, ...rest] = shape.filter((_, axis) => !lanes.has(axis));
  return [product(shape.filter((_, axis) => lanes.has(axis))), height, product(rest)];
}

/** Whether the view has every entry of its buffer once, in any order. */
export function isWhole({ offset, axes }: View, [lanes, height, width]: BufferMap): boolean {
  const factors = axes.flat();
  const repeats = factors.some((factor) => factor.lanes === 0 && factor.positions === 0);
  const size = factors.reduce((product, factor) => product * factor.size, 1);
  return !repeats && offset.lanes === 0 && offset.positions === 0 && size === lanes * height * width;
}

/** Whether two views have the same entries at the same places of their buffers. */
export function liesAlike(a: View, b: View): boolean {
  return describe(a) === describe(b);
}

function describe({ offset, axes }: View): string {
  const text = ({ size, lanes, positions }: Factor) => `${size}:${lanes}:${positions}`;
  const factors = axes.map((axis) => axis.map(text).join('*'));
  return `${offset.lanes} ${offset.positions} ${factors.join()}`;
}

/** Whether this axis is all lanes of a buffer, in order. */
export function hasAllLanes({ axes }: View, axis: number, lanes: number): boolean {
  const [factor, ...more] = axes[axis] ?? [];
  if (factor === undefined) return lanes === 1;
  return more.length === 0 && factor.size === lanes && factor.lanes === 1 && factor.positions === 0;
}

/** The axes whose neighbours are lanes of one row. */
export function laneAxes({ axes }: View): Set<number> {
  const isLane = (axis: Axis) => axis.length > 0 && axis.every(({ lanes, positions }) => lanes > 0 && positions === 0);
  return new Set(axes.flatMap((axis, i) => (isLane(axis) ? [i] : [])));
}

/** The same places of another buffer, which lies alike. */
export function inBuffer(view: View, source: string): View {
  return { ...view, source };
}

export function permuted(view: View, axes: readonly number[]): View {
  return { ...view, axes: axes.map((axis) => view.axes[axis]!) };
}

/** Null if a factor would have to be cut where it cannot. */
export function reshaped(view: View, shape: readonly number[]): View | null {
  const left = [...view.axes.flat()];
  const axes: Axis[] = [];
  for (const size of shape) {
    const axis: Factor[] = [];
    for (let open = size; open > 1; ) {
      const factor = left.shift();
      if (factor === undefined) return null;
      if (open % factor.size === 0) {
        axis.push(factor);
        open /= factor.size;
      } else if (factor.size % open === 0) {
        const inner = factor.size / open;
        axis.push({ size: open, lanes: factor.lanes * inner, positions: factor.positions * inner });
        left.unshift({ ...factor, size: inner });
        open = 1;
      } else return null;
    }
    axes.push(normal(axis));
  }
  return { ...view, axes };
}

type Entries = Record<'start' | 'length' | 'step', number>;

/** Every `step`-th of some entries of an axis. Null if the axis has several factors and more than one entry is taken. */
export function sliced(view: View, axis: number, entries: Entries): View | null {
  const { start, length, step } = entries;
  const factors = view.axes[axis]!;
  if (length > 1 && factors.length > 1) return null;
  const offset = { ...view.offset };
  let rest = start;
  for (const { size, lanes, positions } of factors.toReversed()) {
    offset.lanes += (rest % size) * lanes;
    offset.positions += (rest % size) * positions;
    rest = Math.floor(rest / size);
  }
  const [only] = factors;
  const taken = length > 1 ? [{ size: length, lanes: only!.lanes * step, positions: only!.positions * step }] : [];
  return { ...view, offset, axes: view.axes.with(axis, taken) };
}

/** Without an axis of one entry. */
export function dropped(view: View, axis: number): View {
  return { ...view, axes: view.axes.toSpliced(axis, 1) };
}

/** Axes of one entry repeated to this shape. */
export function expanded(view: View, shape: readonly number[]): View {
  const axes = view.axes.map((axis, i): Axis => {
    return sizeOfAxis(axis) === shape[i]! ? axis : [{ size: shape[i]!, ...NOWHERE_ELSE }];
  });
  return { ...view, axes };
}

/** Without factors of one entry, and with neighbours as one where they follow one another. */
function normal(factors: readonly Factor[]): Axis {
  const merged: Factor[] = [];
  for (const factor of factors.filter(({ size }) => size > 1)) {
    const outer = merged.at(-1);
    const [lanes, positions] = [factor.lanes * factor.size, factor.positions * factor.size];
    if (outer?.lanes === lanes && outer.positions === positions) {
      merged[merged.length - 1] = { ...factor, size: outer.size * factor.size };
    } else merged.push(factor);
  }
  return merged;
}

/** The same entries repeated along a new axis. */
export function repeated(view: View, axis: number, size: number): View {
  const entries = size > 1 ? [{ size, ...NOWHERE_ELSE }] : [];
  return { ...view, axes: view.axes.toSpliced(axis, 0, entries) };
}

/** Windows along an axis that has one factor: for each of so many, entries that are `dilation` apart. */
export function windowed(
  view: View,
  axis: number,
  { windows, taps, dilation }: { windows: number; taps: number; dilation: number },
): View {
  const [factor = { size: 1, ...NOWHERE_ELSE }] = view.axes[axis]!;
  const { lanes, positions } = factor;
  const tapAxis = normal([{ size: taps, lanes: lanes * dilation, positions: positions * dilation }]);
  return { ...view, axes: view.axes.toSpliced(axis, 1, normal([{ size: windows, lanes, positions }]), tapAxis) };
}
