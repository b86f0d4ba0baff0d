/** Operations that move, take and join entries along axes, on TensorFlow.js. */
import {
  type PadAttrs,
  type PadMode,
  type ResizeAttrs,
  resizedLength,
  resizeWeights,
  type SelectAttrs,
  type SliceAttrs,
  slicedRange,
  type WeightedPixels,
} from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { alongAxes, forBatch, inOrder, onAxis, onMaps, type PreparedOp, withoutAxes } from './step.js';

/** Axes of `[N, H, W, C]` as PyTorch counts them, and the other way round. */
const CHANNELS_LAST = [0, 2, 3, 1];
const CHANNELS_FIRST = [0, 3, 1, 2];

/** Most permutations between maps and tokens put channels last or first again, and move nothing. */
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
    const whole = inputs.map((input) => forBatch(input, rows));
    return tf.concat(whole, place(axis));
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

function padLines(lines: tf.Tensor3D, ends: readonly [number, number], mode: PadMode, value: number): tf.Tensor3D {
  const [before, after] = ends;
  const none: [number, number] = [0, 0];
  const pads: [number, number][] = [none, [before, after], none];
  if (mode === 'constant') return tf.pad(lines, pads, value);
  if (mode === 'reflect') return tf.mirrorPad(lines, pads, 'reflect');
  const edge = (position: number, times: number) =>
    tf.tile(tf.slice(lines, [0, position, 0], [-1, 1, -1]), [1, times, 1]);
  const first = before > 0 ? [edge(0, before)] : [];
  const last = after > 0 ? [edge(lines.shape[1] - 1, after)] : [];
  return tf.concat([...first, lines, ...last], 1);
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

export function prepareResize(attrs: ResizeAttrs): PreparedOp {
  return onMaps(([x]) => {
    const [, height = 0, width = 0] = x!.shape;
    const own = resizedByTfjs(x as tf.Tensor4D, attrs);
    if (own !== null) return own;
    const rows = alongAxis(x!, 1, resizeWeights(height, 0, attrs));
    return alongAxis(rows, 2, resizeWeights(width, 1, attrs));
  });
}

/** Null if TensorFlow.js would compute something else. */
function resizedByTfjs(x: tf.Tensor4D, attrs: ResizeAttrs): tf.Tensor4D | null {
  const [, height, width] = x.shape;
  const [rows, columns] = [resizedLength(height, 0, attrs), resizedLength(width, 1, attrs)];
  const { mode, coordinates, scale = [rows / height, columns / width] } = attrs;
  // It computes with the quotient of the sizes. A given factor may be another, if the size was rounded down.
  if (scale[0] * height !== rows || scale[1] * width !== columns) return null;
  if (mode === 'nearest') {
    const isWhole = rows % height === 0 && columns % width === 0;
    const isFloor = coordinates === 'asymmetric' && attrs.rounding === 'floor';
    return isWhole && isFloor && isExact(rows / height) && isExact(columns / width)
      ? tf.image.resizeNearestNeighbor(x, [rows, columns])
      : null;
  }
  if (mode !== 'linear' || attrs.excludeOutside || attrs.antialias) return null;
  if (coordinates === 'half_pixel') return tf.image.resizeBilinear(x, [rows, columns], false, true);
  return coordinates === 'align_corners' ? tf.image.resizeBilinear(x, [rows, columns], true) : null;
}

/** Whether float32 holds the inverse of a factor, so that no pixel is missed by a rounding error. */
function isExact(factor: number): boolean {
  return Math.fround(1 / factor) * factor === 1;
}

function alongAxis(x: tf.Tensor, place: number, pixels: readonly WeightedPixels[]): tf.Tensor {
  return onAxis(x, place, (lines) => {
    if (pixels.every(({ from }) => from.length === 1)) {
      const indices = pixels.map(({ from }) => from[0]!);
      return tf.gather(lines, tf.tensor1d(indices, 'int32'), 1);
    }
    return tf.matMul(weightMatrix(pixels, lines.shape[1]), lines);
  });
}

/** `[1, out, size]`: every row sums to 1, or to 0 for a pixel outside. */
function weightMatrix(pixels: readonly WeightedPixels[], size: number): tf.Tensor3D {
  const weights = new Float64Array(pixels.length * size);
  for (const [row, { from, weights: ofRow }] of pixels.entries()) {
    for (const [i, pixel] of from.entries()) weights[row * size + pixel]! += ofRow[i]!;
  }
  return tf.tensor3d(Float32Array.from(weights), [1, pixels.length, size]);
}

/** `[N, H, W, C·r²]` → `[N, r·H, r·W, C]`, channels in PyTorch's order. */
export function preparePixelShuffle(factor: number): PreparedOp {
  return onMaps(([x]) => {
    const [rows = 0, height = 0, width = 0, channels = 0] = x!.shape;
    const left = channels / factor ** 2;
    const split = tf.reshape(x!, [rows, height, width, left, factor, factor]);
    const moved = tf.transpose(split, [0, 1, 4, 2, 5, 3]);
    return tf.reshape(moved, [rows, height * factor, width * factor, left]);
  });
}
