/** Views with their addresses, and loops over several: rows in a table of byte offsets, columns evenly apart. */
import { type ArenaBuffer, type Draft, rowStrides, type Table, type Value, type Word } from './draft.js';
import type { Axis, View } from './view.js';

/** One axis of several operands: for each operand, the byte offset of each entry. */
type Offsets = readonly number[];

export interface Strided {
  /** The buffer in the arena, or the address of tensors that all images share. */
  base: { arena: ArenaBuffer; plus: number } | { address: number | Table; plus: number };
  /** Byte offsets of the entries of each axis. The images are the first axis. */
  axes: readonly Offsets[];
}

/** A view of a value in the arena. */
export function stridedIn(view: View, value: Value, images: number): Strided {
  const { x, image } = rowStrides(value);
  return {
    base: { arena: value.buffer, plus: view.offset.lanes * 4 + view.offset.positions * x },
    axes: [evenly(images, image), ...view.axes.map((axis) => offsetsOf(axis, x))],
  };
}

/** A view of a tensor, the same for every image. A position is a row-major entry as a lane is. */
export function stridedAt(view: View, address: number | Table, images: number): Strided {
  return {
    base: { address, plus: view.offset.lanes * 4 },
    axes: [evenly(images, 0), ...view.axes.map((axis) => offsetsOf(axis, 0))],
  };
}

/** The operand with other entries along some axes. Axis 0 is the images. */
export function picked(operand: Strided, axis: number, entries: readonly number[]): Strided {
  const offsets = operand.axes[axis]!;
  return {
    ...operand,
    axes: operand.axes.with(
      axis,
      entries.map((entry) => offsets[entry]!),
    ),
  };
}

/** The words for an operand: an offset in the arena and an address, one of which is 0. */
export function baseWords({ base }: Strided): { offset: Word; at: Word } {
  if ('arena' in base) return { offset: { buffer: base.arena, plus: base.plus }, at: 0 };
  const { address, plus } = base;
  return { offset: 0, at: typeof address === 'number' ? address + plus : address };
}

export interface Loop {
  /** For each row, an int32 byte offset of each operand. */
  rowsAt: Table;
  rows: number;
  columns: number;
  /** Bytes from one column to the next, for each operand. */
  steps: readonly number[];
}

/** Rows are units, which threads share, so that no row is too long. */
const MOST_COLUMNS = 4096;

/** An axis of all operands at once, whose entries are evenly apart in each. */
interface EvenAxis {
  size: number;
  steps: readonly number[];
}

/** A loop over operands of one shape, the output first; columns are what lies closest together there. */
export function loopOver(draft: Draft, operands: readonly (readonly Offsets[])[], most = MOST_COLUMNS): Loop {
  const axes = operands[0]!.map((_, axis) => operands.map((offsets) => offsets[axis]!));
  const long = axes.filter((axis) => axis.some((offsets) => offsets.length > 1 || offsets[0] !== 0));
  const even = merged(long.flatMap(asEven), most);
  const uneven = long.filter((axis) => asEven(axis).length === 0);
  const [inner, ...outer] = even.toSorted((a, b) => Math.abs(a.steps[0]!) - Math.abs(b.steps[0]!));
  const all = [...uneven, ...outer.toReversed().map(({ size, steps }) => steps.map((step) => evenly(size, step)))];
  const rowsAt = rowTable(draft, all, operands.length);
  const rows = entriesOf(all);
  return { rowsAt, rows, columns: inner?.size ?? 1, steps: inner?.steps ?? operands.map(() => 4) };
}

/** How many combinations of entries axes have. */
export function entriesOf(axes: readonly (readonly Offsets[])[]): number {
  return axes.reduce((product, [first]) => product * first!.length, 1);
}

/** A table with a tuple of int32 for each combination of entries, the last axis fastest. */
export function rowTable(draft: Draft, axes: readonly (readonly Offsets[])[], operands: number): Table {
  const key = `loop ${operands} ${axes.map((axis) => axis.map(describe).join('|')).join(' ')}`;
  return draft.table(key, () => {
    let tuples = new Int32Array(operands);
    for (const axis of axes) {
      const size = axis[0]!.length;
      const next = new Int32Array(tuples.length * size);
      for (let at = 0, to = 0; at < tuples.length; at += operands) {
        for (let entry = 0; entry < size; entry++) {
          for (let i = 0; i < operands; i++) next[to++] = tuples[at + i]! + axis[i]![entry]!;
        }
      }
      tuples = next;
    }
    return tuples;
  });
}

function asEven(axis: readonly Offsets[]): EvenAxis[] {
  const steps = axis.map(stepOf);
  return steps.every((step) => step !== null) ? [{ size: axis[0]!.length, steps: steps as number[] }] : [];
}

/** The distance of neighbours; null if it varies. Axes begin at offset 0 only if they were not picked. */
export function stepOf(offsets: Offsets): number | null {
  if (offsets[0] !== 0) return null;
  const step = offsets[1] ?? 0;
  return offsets.every((offset, i) => offset === i * step) ? step : null;
}

/** Joins axes of which one follows the other in every operand. */
function merged(axes: readonly EvenAxis[], most: number): EvenAxis[] {
  const result: EvenAxis[] = [];
  for (const axis of axes.toSorted((a, b) => Math.abs(a.steps[0]!) - Math.abs(b.steps[0]!))) {
    const inner = result.at(-1);
    const follows = axis.steps.every((step, i) => inner && step === inner.steps[i]! * inner.size);
    if (inner && inner.size * axis.size <= most && follows)
      result[result.length - 1] = { size: inner.size * axis.size, steps: inner.steps };
    else result.push(axis);
  }
  return result;
}

// These run for every position of every layer, and `Array.from` takes six to ten times as long.
export function evenly(size: number, step: number): number[] {
  const offsets: number[] = [];
  for (let i = 0; i < size; i++) offsets.push(i * step);
  return offsets;
}

function offsetsOf(axis: Axis, positionBytes: number): number[] {
  let offsets = [0];
  for (const { size, lanes, positions } of axis) {
    const steps = evenly(size, lanes * 4 + positions * positionBytes);
    if (offsets.length === 1) offsets = steps;
    else offsets = offsets.flatMap((offset) => steps.map((step) => offset + step));
  }
  return offsets;
}

function describe(offsets: Offsets): string {
  const step = stepOf(offsets);
  return step === null ? offsets.join() : `${offsets.length}:${step}`;
}

/** A loop over two operands and an output, whose columns are `…Step` apart. `…At` is 0 for an operand in the arena. */
export const PAIR_LOOP = 'outputOffset aOffset aAt bOffset bAt rowsAt rows columns outputStep aStep bStep';

/** The values of `PAIR_LOOP`. The loop goes over the axes of the output, which are the first ones of the operands. */
export function pairLoop(draft: Draft, output: Strided, a: Strided, b: Strided) {
  const outer = output.axes.length;
  const { steps, ...loop } = loopOver(draft, [output.axes, a.axes.slice(0, outer), b.axes.slice(0, outer)]);
  const [outputStep, aStep, bStep] = steps as [number, number, number];
  const [{ offset: aOffset, at: aAt }, { offset: bOffset, at: bAt }] = [baseWords(a), baseWords(b)];
  const { offset: outputOffset } = baseWords(output);
  return { outputOffset, aOffset, aAt, bOffset, bAt, ...loop, outputStep, aStep, bStep };
}

/** The same over one operand. Axes of it beyond those of the output are left to the kernel. */
export function mapLoop(draft: Draft, output: Strided, input: Strided) {
  const { steps, ...loop } = loopOver(draft, [output.axes, input.axes.slice(0, output.axes.length)]);
  const [outputStep, inputStep] = steps as [number, number];
  const { offset: inputOffset, at: inputAt } = baseWords(input);
  return { outputOffset: baseWords(output).offset, inputOffset, inputAt, ...loop, outputStep, inputStep };
}
