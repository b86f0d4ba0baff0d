/** Options for reading images and tables, which commands have as flags. Loads none of this room, for help texts. */
import { anything, list, type OptionsOf, oneOf, text, toggle, whole } from '../../base/index.js';

export const decodeFields = {
  /** Most pixels of an image, decided from its header, before anything is inflated. Default 100,000,000. */
  maxPixels: whole(1).flag('Largest image file, width × height').shows('100,000,000'),
  /**
   * What is done with the orientation that a camera writes into EXIF or XMP: `ignore`, the default, as torchvision and
   * timm do, or `apply`, as transformers does and as Pillow's `ImageOps.exif_transpose`.
   */
  orientation: oneOf('ignore', 'apply')
    .computes('What to do with the orientation that EXIF says')
    .shows('as the weights say'),
  /**
   * RGB, 0 to 255, that transparent pixels are put on, by the formula of Pillow's `paste` with a mask. Default: alpha
   * is dropped, as Pillow's `convert('RGB')` does.
   */
  background: text()
    .from(colour, (flag, given) => `${flag} takes a colour such as ffffff, not ${given}`)
    .computes('Colour behind transparent pixels, RRGGBB')
    .shows('alpha is dropped, as Pillow does'),
  /** Decodes what there is of a file that was cut short, as Pillow does with `LOAD_TRUNCATED_IMAGES`. Default false. */
  allowTruncated: toggle()
    .default(false)
    .computes('Take image files whose end is missing, as Pillow does with LOAD_TRUNCATED_IMAGES'),
  /**
   * `pillow`: PNG of 16 bits for weights without a range, as Pillow's `convert('RGB')` has it: the upper 8 bits of colours,
   * and gray cut off at 255. Default: such files are refused.
   */
  depth: oneOf('pillow')
    .computes(
      "PNG of 16 bits, where the weights have no range: pillow for Pillow's convert('RGB'), which cuts gray off at 255",
    )
    .shows('refused'),
};

function colour(given: string): readonly [number, number, number] | undefined {
  const [, digits] = /^#?([0-9a-f]{6})$/i.exec(given) ?? [];
  if (digits === undefined) return undefined;
  const rgb = Number.parseInt(digits, 16);
  return [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
}

/**
 * How images are decoded. The default gives the bytes of `Image.open(file).convert('RGB')` in Pillow, of 8 bits.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { type DecodeOptions, decodeImage } from 'image-drift/data';
 *
 * const options: DecodeOptions = { orientation: 'apply', background: [255, 255, 255] };
 * const { width, height } = await decodeImage(await readFile('cat.png'), 'cat.png', options);
 * console.log(width, height);
 * ```
 */
export interface DecodeOptions extends OptionsOf<typeof decodeFields> {}

/** What is stored with weights for images of 10 to 16 bits, and is no option of a task. */
export interface RangeOption {
  /** Values up to the first are black, from the second on white. Default: none is known, and such files are refused. */
  range?: readonly [low: number, high: number] | undefined;
}

export const imageSetFields = {
  /** Name of the image array; default `arr_0`. */
  images: text().computes('Name of the image array').shows('arr_0'),
  /** Name of the label array; null: none. Default `arr_1`, and no labels where there is no such array. */
  labels: text()
    .from((name): string | null => (name === 'none' ? null : name))
    .computes('Name of the label array; of files folder or a column; none if there are no labels')
    .shows('arr_1 if it exists; folders that are named like classes'),
  /** `unit`: floats that are pixels divided by 255. Default: integers from 0 to 255. */
  pixels: oneOf('unit').computes('Of a float array: unit for pixels that were divided by 255'),
  /** Default `nhwc`. */
  layout: oneOf('nhwc', 'nchw').default('nhwc').computes('Order of the dimensions of the image array'),
  /** Channels that the model takes. With 4 the array must have four, and `fourth` of a batch has the last. Default: 3. */
  channels: anything<number>(),
  /** For arrays of uint16: values up to the first are black, from the second on white. */
  range: anything<readonly [low: number, high: number]>(),
};

/**
 * Where the images and labels are in a file, and how the images are laid out.
 *
 * @example
 * ```ts
 * import { type ImageSetOptions, openImages } from 'image-drift';
 *
 * const options: ImageSetOptions = { images: 'arr_0', labels: null, layout: 'nhwc' };
 * const images = await openImages('week_1.npz', options);
 * console.log(images.labels); // null
 * await images.close();
 * ```
 */
export interface ImageSetOptions extends OptionsOf<typeof imageSetFields> {}

export const columnFields = {
  /** Column of the embeddings, or key of an npz; with `*` a wide table's columns: `e*`. Default: `embeddings`. */
  embeddingColumn: text()
    .flag("Column of the embeddings, key of an npz, or 'e*' for columns e0, e1, …")
    .shows('embeddings'),
  /**
   * Columns of class scores, in the network's order; with a `*` for the name of the class, those of a pattern:
   * `prob_*`. For npz the key of the array `[rows, classes]`, or names for its columns. Default: as the file says.
   */
  scores: list().flag("Columns of class scores, in the network's order: a,b,c, or 'prob_*'").shows('as the file says'),
  /** Whether several of the classes may hold at once, each from a score of 0.5 on. Default: as the file says. */
  multiLabel: toggle()
    .flag('The scores are of labels of which several may hold, each from 0.5 on')
    .shows('as the file says'),
};
