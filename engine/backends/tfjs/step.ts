/** One node ready to run: its weights uploaded, its attributes turned into TensorFlow.js arguments. */
import type { Tensor } from '../../../weights/index.js';
import { tf } from './global-engine.js';

/** A value between steps, in one of two orders. */
export interface Laid {
  tensor: tf.Tensor;
  /** Whether it lies as `[N, H, W, C]`, as convolutions need it; otherwise the axes are in PyTorch's order. */
  channelsLast: boolean;
}

export interface PreparedOp {
  /** Freed with the program. */
  weights: readonly tf.Tensor[];
  /** Runs inside `tf.tidy`, so it need not free intermediate tensors. */
  run(inputs: readonly Laid[]): Laid;
}

/** Tensors of one node by the last part of their names (`weight`, `running_mean`). */
export type NodeTensors = (part: string) => Tensor;

export type Run = (inputs: readonly tf.Tensor[]) => tf.Tensor;

/** `run` takes maps channels last, and gives them so. Values of other ranks are in PyTorch's order. */
export function onMaps(run: Run, weights: readonly tf.Tensor[] = []): PreparedOp {
  return { weights, run: (inputs) => asMap(run(inputs.map(channelsLast))) };
}

/** `run` takes all axes in PyTorch's order, and gives them so. */
export function inOrder(run: Run, weights: readonly tf.Tensor[] = []): PreparedOp {
  return { weights, run: (inputs) => ({ tensor: run(inputs.map(channelsFirst)), channelsLast: false }) };
}

/** The place in a tensor of an axis as PyTorch counts it. */
type PlaceOf = (axis: number) => number;

/** Axes of `[N, C, H, W]` in `[N, H, W, C]`. */
const IN_MAP = [0, 3, 1, 2];

/** `run` computes value by value, or works along single axes, wherever they lie: maps stay as they lie. */
export function alongAxes(
  run: (inputs: readonly tf.Tensor[], place: PlaceOf) => tf.Tensor,
  weights: readonly tf.Tensor[] = [],
): PreparedOp {
  const maps = onMaps((inputs) => run(inputs, (axis) => (inputs[0]!.rank === 4 ? IN_MAP[axis]! : axis)), weights);
  const ordered = inOrder((inputs) => run(inputs, (axis) => axis), weights);
  return { weights, run: (inputs) => (inputs.some((input) => input.channelsLast) ? maps : ordered).run(inputs) };
}

/** `run` gets `[outer, length, inner]`, so no engine has to know more axes. @param place of the axis in the tensor */
export function onAxis(x: tf.Tensor, place: number, run: (x: tf.Tensor3D) => tf.Tensor): tf.Tensor {
  const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
  const [outer, inner] = [x.shape.slice(0, place), x.shape.slice(place + 1)];
  const result = run(tf.reshape(x, [size(outer), x.shape[place]!, size(inner)]));
  return tf.reshape(result, [...outer, result.shape[1]!, ...inner]);
}

/** The axes of a value in PyTorch's order, without those that `keep` does not name; they must have size 1. */
export function withoutAxes({ tensor, channelsLast }: Laid, keep: (axis: number) => boolean): Laid {
  const ordered = channelsFirst({ tensor, channelsLast });
  const shape = ordered.shape.filter((_, axis) => keep(axis));
  return { tensor: tf.reshape(ordered, shape), channelsLast: false };
}

/** `run` computes with vectors of a number for each channel, the first axis after the batch, or of one for all. */
export function channelwise(
  run: (x: tf.Tensor, ...vectors: readonly tf.Tensor[]) => tf.Tensor,
  vectors: readonly tf.Tensor[],
): PreparedOp {
  return {
    weights: vectors,
    run([input]) {
      const { tensor, channelsLast } = input!;
      const otherAxes = channelsLast ? [] : new Array<number>(Math.max(0, tensor.rank - 2)).fill(1);
      const shaped = vectors.map((vector) => tf.reshape(vector, [-1, ...otherAxes]));
      return { tensor: run(tensor, ...shaped), channelsLast };
    },
  };
}

/** `[N, C, H, W]`, and other ranks as they are. */
export function channelsFirst({ tensor, channelsLast }: Laid): tf.Tensor {
  return channelsLast ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}

/** `[N, H, W, C]`, and other ranks as they are. */
export function channelsLast({ tensor, channelsLast }: Laid): tf.Tensor {
  return tensor.rank === 4 && !channelsLast ? tf.transpose(tensor, [0, 2, 3, 1]) : tensor;
}

function asMap(tensor: tf.Tensor): Laid {
  return { tensor, channelsLast: tensor.rank === 4 };
}

/** Repeats a tensor of one image, a parameter of the network, for a whole batch. */
export function forBatch(tensor: tf.Tensor, rows: number): tf.Tensor {
  if (tensor.shape[0] === rows) return tensor;
  return tf.tile(tensor, [rows, ...tensor.shape.slice(1).fill(1)]);
}

/** From this many values on, a mean is a mean of means. */
const MANY_VALUES = 64;

/** The mean over some axes, which stay with a size of 1. @param places of the axes */
export function meanOver(x: tf.Tensor, places: readonly number[]): tf.Tensor {
  return places.reduce((values, place) => onAxis(values, place, (lines) => inTwo(lines, tf.mean)), x);
}

/** The sum over some axes, which stay with a size of 1. @param places of the axes */
export function sumOver(x: tf.Tensor, places: readonly number[]): tf.Tensor {
  return places.reduce((values, place) => onAxis(values, place, (lines) => inTwo(lines, tf.sum)), x);
}

/** `[outer, length, inner]` → `[outer, 1, inner]`. */
function inTwo(lines: tf.Tensor3D, over: (x: tf.Tensor, axis: number, keepDims: boolean) => tf.Tensor): tf.Tensor {
  const [outer, length, inner] = lines.shape;
  const [part = 1, rest = 1] = partsOfMean(length);
  if (rest === 1) return over(lines, 1, true);
  const parts = over(tf.reshape(lines, [outer * rest, part, inner]), 1, true);
  return over(tf.reshape(parts, [outer, rest, inner]), 1, true);
}

/** A mean of `length` values is a mean of means: the number of values of each, the innermost first. */
export function partsOfMean(length: number): number[] {
  const part = length < MANY_VALUES ? 1 : divisorNearRoot(length);
  return part === 1 ? [length] : [part, length / part];
}

/** The largest divisor up to the square root. */
function divisorNearRoot(length: number): number {
  let divisor = Math.floor(Math.sqrt(length));
  while (length % divisor !== 0) divisor--;
  return divisor;
}
