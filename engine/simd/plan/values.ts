/** The activations of a plan, by the nodes that made them: of a whole batch, or of one of its images. */
import type { ImageShape } from '../../shapes.js';
import type { Compilation } from './emission.js';
import type { InputImage } from './input.js';
import type { Lowered } from './lower.js';

import { imageOf, makeValue, type Value } from './value.js';

export class Values {
  readonly image: InputImage;
  readonly #lowered: Lowered;
  readonly #shapes: ReadonlyMap<string, ImageShape>;
  readonly #compilation: Compilation;
  readonly #values = new Map<string, Value>();

  constructor(lowered: Lowered, shapes: ReadonlyMap<string, ImageShape>, image: InputImage, compilation: Compilation) {
    this.#lowered = lowered;
    this.#shapes = shapes;
    this.image = image;
    this.#compilation = compilation;
  }

  of(node: string): Value {
    if (this.isImage(node)) return this.image.channels(this.#compilation);
    const value = this.#values.get(node);
    if (value === undefined) throw new Error(`No step makes ${node} before it is read.`);
    return value;
  }

  isImage(node: string): boolean {
    return node === this.#lowered.input;
  }

  shapeOf(node: string): ImageShape {
    return this.#shapes.get(node)!;
  }

  make(node: string): Value {
    const value = this.#values.get(node) ?? makeValue(this.#lowered.mapOf(node), this.#compilation.images);
    this.#values.set(node, value);
    return value;
  }

  /**
   * Those of one image, in buffers of their own.
   *
   * @param whole nodes whose values lie in the buffers of the batch, beside those of its other images
   */
  ofImage(image: number, whole: ReadonlySet<string>): Values {
    const compilation = { ...this.#compilation, images: 1 };
    const values = new Values(this.#lowered, this.#shapes, this.image.ofImage(image), compilation);
    for (const node of whole) values.#values.set(node, imageOf(this.make(node), image));
    return values;
  }
}
