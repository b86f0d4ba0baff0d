/** The activations of a plan, by the nodes that made them: for a whole batch, or for its first image alone. */
import type { ImageShape } from '../../../../graph/index.js';
import type { InputImage } from '../kernels/pixels/plan.js';
import { type ArenaBuffer, makeValue, type Value } from '../planning/draft.js';
import type { Compilation } from '../planning/emission.js';
import type { Lowered } from './lower.js';
import type { NestedJoins } from './nested-joins.js';

export class Values {
  readonly image: InputImage;
  readonly #lowered: Lowered;
  readonly #compilation: Compilation;
  readonly #widest: NestedJoins['widest'];
  readonly #values = new Map<string, Value>();

  constructor(lowered: Lowered, widest: NestedJoins['widest'], image: InputImage, compilation: Compilation) {
    this.#lowered = lowered;
    this.#widest = widest;
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
    return this.#lowered.shapeOf(node);
  }

  make(node: string): Value {
    const value = this.#values.get(node) ?? this.#fresh(node);
    this.#values.set(node, value);
    return value;
  }

  #fresh(node: string): Value {
    const map = this.#lowered.mapOf(node);
    const widest = this.#widest.get(node) ?? node;
    return widest === node ? makeValue(map, this.#compilation.images) : { ...this.make(widest), map };
  }

  /** The values of the first image, in buffers of their own except `whole` ones: these have bytes from image to image. */
  ofFirstImage(whole: ReadonlySet<string>): { own: Values; bytesPerImage: Map<ArenaBuffer, number> } {
    const own = new Values(this.#lowered, this.#widest, this.image.first(), { ...this.#compilation, images: 1 });
    const bytesPerImage = new Map([[this.image.pixels, this.image.bytesPerImage]]);
    for (const node of whole) {
      const value = this.make(node);
      own.#values.set(node, value);
      bytesPerImage.set(value.buffer, value.channelStride * 4);
    }
    return { own, bytesPerImage };
  }
}
