/** Operations that move, take and join entries along axes, on TensorFlow.js. */

import { type PadAttrs, type PadMode, type SelectAttrs, type SliceAttrs, slicedRange } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { alongAxes, forBatch, inOrder, onAxis, type PreparedOp, withoutAxes } from './step.js';

/** Axes of `[N, H, W, C]` as PyTorch counts them, and the other way round. */
const CHANNELS_LAST = [0, 2, 3, 1];
const CHANNELS_FIRST = [0, 3, 1, 2];

/**
 * Between maps and tokens, most permutations only say that values lie in another order: those that put channels last,
 * and their inverses, move nothing.
 */
export function preparePermute(axes: readonly number[]): PreparedOp {
  const order = [0, ...axes];
  return {
    weights: [],
    run([input]) {
      const { tensor, channelsLast } = input!;
      if (!channelsLast && order.join() === CHANNELS_FIRST.join()) {
        return { tensor: tf.clone(tensor), channelsLast: true };
      }
      const places = channelsLast ? order.map((axis) => CHANNELS_LAST.indexOf(axis)) : order;
      return { tensor: tf.transpose(tensor, places), channelsLast: false };
    },
  };
}

export function prepareConcat(axis: number): PreparedOp {
  return alongAxes((inputs, place) => {
    const rows = Math.max(...inputs.map(({ shape }) => shape[0]!));
    return tf.concat(
      inputs.map((input) => forBatch(input, rows)),
      place(axis),
    );
  });
}

export function prepareSlice(attrs: SliceAttrs): PreparedOp {
  return alongAxes(([x], place) => sliced(x!, place(attrs.axis), attrs));
}

function sliced(x: tf.Tensor, place: number, attrs: Omit<SliceAttrs, 'axis'>): tf.Tensor {
  const { start, length } = slicedRange(x.shape[place]!, attrs);
  return onAxis(x, place, (lines) => {
    if (attrs.step === 1) return tf.slice(lines, [0, start, 0], [-1, length, -1]);
    const end = start + (length - 1) * attrs.step + 1;
    return tf.stridedSlice(lines, [0, start, 0], [lines.shape[0], end, lines.shape[2]], [1, attrs.step, 1]);
  });
}

export function prepareSelect({ axis, index }: SelectAttrs): PreparedOp {
  const { run } = prepareSlice({ axis, start: index, end: index === -1 ? null : index + 1, step: 1 });
  return { weights: [], run: (inputs) => withoutAxes(run(inputs), (other) => other !== axis) };
}

export function prepareGather(axis: number, indices: readonly number[]): PreparedOp {
  const numbers = tf.tensor1d([...indices], 'int32');
  return alongAxes(([x], place) => onAxis(x!, place(axis), (lines) => tf.gather(lines, numbers, 1)), [numbers]);
}

/** TensorFlow.js repeats no edge: its first and last entry are joined to the others. */
export function preparePad({ padding, mode, value }: PadAttrs): PreparedOp {
  return alongAxes(([x], place) =>
    padding.reduce((padded, [before, after], i) => {
      if (before === 0 && after === 0) return padded;
      return onAxis(padded, place(i + 1), (lines) => padLines(lines, [before, after], mode, value));
    }, tf.clone(x!)),
  );
}

function padLines(
  lines: tf.Tensor3D,
  [before, after]: readonly [number, number],
  mode: PadMode,
  value: number,
): tf.Tensor3D {
  const pads: [number, number][] = [
    [0, 0],
    [before, after],
    [0, 0],
  ];
  if (mode === 'constant') return tf.pad(lines, pads, value);
  if (mode === 'reflect') return tf.mirrorPad(lines, pads, 'reflect');
  const edge = (position: number, times: number) =>
    tf.tile(tf.slice(lines, [0, position, 0], [-1, 1, -1]), [1, times, 1]);
  const parts = [
    ...(before > 0 ? [edge(0, before)] : []),
    lines,
    ...(after > 0 ? [edge(lines.shape[1] - 1, after)] : []),
  ];
  return tf.concat(parts, 1);
}

export function prepareExpand(shape: readonly number[]): PreparedOp {
  return inOrder(([x]) => {
    const whole = [x!.shape[0]!, ...shape];
    return whole.reduce((expanded, size, axis) => {
      if (expanded.shape[axis] === size) return expanded;
      return onAxis(expanded, axis, (lines) => tf.tile(lines, [1, size, 1]));
    }, tf.clone(x!));
  });
}
