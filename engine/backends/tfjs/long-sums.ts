/**
 * Long sums. TensorFlow.js adds values one after the other in float32, so the rounding error grows with the square root of
 * their number; PyTorch adds blocks. On WebAssembly, a sum of 9,216 products has 5.7 times PyTorch's error, and a mean of
 * 112×112 pixels 15 times. Sums of sums have about the same as PyTorch's.
 */
import tf = require('@tensorflow/tfjs-core');

import type { Conv2dAttrs } from '../../../graph/index.js';
import { onAxis } from './step.js';

/** More products than this are summed in parts. */
const LONG = 640;
/** The same where an image has one row of values, as before its classes: parts of it take no time. */
export const LONG_ROW = 256;
/** How many products a part has at most: fewer make the sum hardly better, and more parts take more time. */
const MOST_PRODUCTS = 384;
/** From this many values on, a mean is a mean of means. */
const MANY_VALUES = 64;

/** Whether the engine's products are added one after the other, beginning with the bias. */
export function addsInOrder(): boolean {
  return tf.getBackend() === 'wasm';
}

/**
 * Into how many equal parts of its inputs a sum of products is cut.
 *
 * @param inputs features or channels
 * @param each products that each of them has in a sum
 * @param long more products than this are too many
 * @param most products of a part
 * @returns 1 for a short sum, and on engines that add otherwise
 */
export function partsOfSum(inputs: number, each = 1, { long = LONG, most = MOST_PRODUCTS } = {}): number {
  if (!addsInOrder() || inputs * each <= long) return 1;
  const fewest = Math.max(2, Math.ceil((inputs * each) / most));
  for (let parts = fewest; parts <= Math.min(inputs, 2 * fewest); parts++) if (inputs % parts === 0) return parts;
  return 1;
}

/**
 * The same for a convolution. The products of several branches can be large and cancel each other. So a sum of branches is cut
 * into about as many parts as they have apart.
 */
export function partsOfConvolution({ inChannels, kernel, branches = 1 }: Conv2dAttrs): number {
  const limits = { long: LONG / branches, most: MOST_PRODUCTS / branches };
  return partsOfSum(inChannels, kernel[0] * kernel[1], limits);
}

/** The sum of tensors of one shape, of neighbours first. */
export function sumOfParts<T extends tf.Tensor>(parts: readonly T[]): T {
  if (parts.length === 1) return parts[0]!;
  const pairs: T[] = [];
  for (let i = 0; i < parts.length; i += 2) {
    pairs.push(i + 1 < parts.length ? tf.add(parts[i]!, parts[i + 1]!) : parts[i]!);
  }
  return sumOfParts(pairs);
}

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
