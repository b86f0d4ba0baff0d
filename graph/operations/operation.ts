/**
 * What each file here says about its operation (attributes, tensors, shapes, values), with what shape rules and
 * references share. Meaning and layout are PyTorch's: the batch is axis 0, which attributes never name, since every
 * image is computed alone; then come channels, height and width.
 */

import type { OnnxNode, OnnxPlace } from './onnx-form.js';

/** Sizes of the dimensions. A shape has any number of them; the shape rule of an operation says what it takes. */
export type Shape = readonly number[];

/** A batch of values, row-major. The first dimension is the batch. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Gives a tensor of the operation, row-major, by its name inside the PyTorch module (`weight`). */
export type Parameters = (name: string) => ArrayLike<number>;

/** `Attrs` is null for an operation that needs none. */
export interface Operation<Name extends string, Attrs extends object | null = null> {
  readonly op: Name;
  /** Names inside the PyTorch module and shapes of its tensors. Left out by operations that have none. */
  parameters?(attrs: Attrs): Map<string, Shape>;
  /**
   * The shape of the output. All shapes are without the batch.
   * @throws Misfit for inputs that the operation does not take
   */
  outputShape(inputs: readonly Shape[], attrs: Attrs): Shape;
  /** Plain loops in float64, with which engines are compared. Shapes fit, and batches have one size. */
  reference(inputs: readonly Values[], attrs: Attrs, parameter: Parameters): Values;
  /** The operators of ONNX that compute it; the last one gives its value. @throws NoOnnxForm */
  onnx(place: OnnxPlace, attrs: Attrs): OnnxNode[];
}

// Shape rules

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

export function sameShape(inputs: readonly Shape[]): Shape {
  const [first, ...rest] = inputs;
  if (first === undefined) throw new Misfit('it has no inputs');
  for (const shape of rest) {
    if (shape.join() !== first.join()) throw new Misfit(`it gets [${first.join(', ')}] and [${shape.join(', ')}]`);
  }
  return first;
}

/** The shape of a result by value: inputs have as many dimensions; sizes that differ are 1, except for one. */
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

// References

export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** How many values lie between neighbours along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Values of this shape, each computed from its position. `index` is one array, which changes between calls. */
export function generate(shape: Shape, valueAt: (index: readonly number[]) => number): Values {
  const data = new Float64Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    data[i] = valueAt(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Gives the value at a position. An axis of size 1 has the same value everywhere. */
export function reader({ shape, data }: Values): (index: readonly number[]) => number {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return (index) => {
    let at = 0;
    for (let axis = 0; axis < strides.length; axis++) at += strides[axis]! * index[axis]!;
    return data[at]!;
  };
}

/** The values along one axis, one after another: where a line starts, and how far its values are apart. */
export interface Lines {
  length: number;
  stride: number;
  starts: number[];
}

/** All lines along an axis of `shape`, which has the batch. */
export function linesAlong(shape: Shape, axis: number): Lines {
  const length = shape[axis]!;
  const stride = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const starts = Array.from({ length: outer }, (_, o) =>
    Array.from({ length: stride }, (_, i) => o * length * stride + i),
  );
  return { length, stride, starts: starts.flat() };
}
