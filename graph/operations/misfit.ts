/** Inputs that an operation does not take, and the checks that shape rules share. */
import type { Shape } from './operation.js';

/** Says what is wrong without the node's name, which `inferShapes` adds. */
export class Misfit extends Error {
  override readonly name: string = 'Misfit';
}

/** A window that is larger than what it slides over: a matter of the image's size, not of the graph. */
export class WindowMisfit extends Misfit {
  override readonly name = 'WindowMisfit';
}

/** The shape of the only input. */
export function only(inputs: readonly Shape[]): Shape {
  if (inputs.length !== 1) throw new Misfit(`it has ${inputs.length} inputs, 1 is needed`);
  return inputs[0]!;
}

/** The shape of the only input, which must be a map: `[channels, height, width]`. */
export function planar(inputs: readonly Shape[]): readonly [number, number, number] {
  const [channels, height, width, ...more] = only(inputs);
  if (channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw new Misfit(`it gets [${inputs[0]!.join(', ')}], channels, height and width are needed`);
  }
  return [channels, height, width];
}

export function expectChannels(expected: number, actual: number): void {
  if (expected !== actual) throw new Misfit(`it takes ${expected} channels and gets ${actual}`);
}

/** The shape that all inputs have. */
export function sameShape(inputs: readonly Shape[]): Shape {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Misfit('it has no inputs');
  for (const shape of rest) {
    if (shape.join() !== first.join()) throw new Misfit(`it gets [${first.join(', ')}] and [${shape.join(', ')}]`);
  }
  return first;
}

/**
 * The shape of a result that is computed value by value. The inputs have the same number of dimensions; where sizes
 * differ, all but one of them are 1.
 */
export function broadcastShape(inputs: readonly Shape[]): Shape {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Misfit('it has no inputs');
  return rest.reduce((shape, other) => {
    const fits = shape.length === other.length && shape.every((size, i) => fitsTo(size, other[i]!));
    if (!fits) throw new Misfit(`it gets [${shape.join(', ')}] and [${other.join(', ')}]`);
    return shape.map((size, i) => (size === 1 ? other[i]! : size));
  }, first);
}

function fitsTo(a: number, b: number): boolean {
  return a === b || a === 1 || b === 1;
}

/** The place in `shape` of an axis as PyTorch counts it: axis 1 is the first after the batch. */
export function placeOf(axis: number, shape: Shape): number {
  if (!Number.isInteger(axis) || axis < 1 || axis > shape.length) {
    throw new Misfit(`axis ${axis} is not an axis of [${shape.join(', ')}], which has 1 to ${shape.length}`);
  }
  return axis - 1;
}
