/**
 * What each file of this folder says about its operation: attributes, tensors, shapes, values.
 *
 * The meaning is PyTorch's, and so is the layout: the batch first, and of maps then channels, height and width. Axes
 * are counted as PyTorch counts them, so axis 0 is the batch, and attributes never name it: every image of a batch is
 * computed alone.
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
  /** The name in a graph. */
  readonly op: Name;
  /** Names inside the PyTorch module and shapes of its tensors. Left out by operations that have none. */
  parameters?(attrs: Attrs): Map<string, Shape>;
  /**
   * The shape of the output. All shapes are without the batch.
   *
   * @throws Misfit for inputs that the operation does not take
   */
  outputShape(inputs: readonly Shape[], attrs: Attrs): Shape;
  /**
   * The definition, in plain loops and float64: what engines are compared with. The inputs have shapes that fit, and
   * batches of one size.
   */
  reference(inputs: readonly Values[], attrs: Attrs, parameter: Parameters): Values;
  /**
   * The operators of ONNX that compute it; the last one gives its value.
   *
   * @throws NoOnnxForm
   */
  onnx(place: OnnxPlace, attrs: Attrs): OnnxNode[];
}
