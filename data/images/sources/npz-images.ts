import { CodedError, checkedOptions } from '../../../base/index.js';
import { type RandomAccess, RandomAccessFile } from '../../../files/index.js';
import { closedOnError, DataError } from '../../data-error.js';
import type { NpyArray, Room } from '../../npy/read.js';
import { NpzFile } from '../../npz.js';
import { type ImageSetOptions, imageSetFields } from '../../options/index.js';
import type { DepthRange } from '../depth.js';
import { fewChannels, type PixelBatch } from '../pixel-batch.js';
import { readLabels } from './labels.js';
import {
  checkDeepType,
  checkPixelType,
  deepPixels,
  fourthChannel,
  type ImageShape,
  imageShape,
  toPixels,
  toRgb,
  UNIT_ROUNDING,
} from './layout.js';
import type { Label } from './listing.js';

/**
 * Images of a file with their labels: `data` is uint8 RGB, `[rows, height, width, 3]`, row-major. An `Embedder` takes
 * it as it is, if the size fits.
 *
 * @example
 * ```ts
 * import { type LabelledBatch, openImages } from 'image-drift';
 *
 * const describe = ({ firstRow, rows, labels }: LabelledBatch) => `${rows} from ${firstRow}, first label ${labels[0]}`;
 * const images = await openImages('week_1.npz');
 * for await (const batch of images.batches(50)) console.log(describe(batch));
 * await images.close();
 * ```
 */
export interface LabelledBatch extends PixelBatch {
  /** Row number in the file of the first image. */
  firstRow: number;
  /** One an image; null where it has none. */
  labels: readonly Label[];
}

/**
 * An open image file.
 *
 * @example
 * ```ts
 * import { type ImageSet, openImages } from 'image-drift';
 *
 * const images: ImageSet = await openImages('week_1.npz');
 * console.log(`${images.count} images of ${images.height}×${images.width} pixels`);
 * await images.close();
 * ```
 */
export interface ImageSet {
  /** Images there are, at least 1. */
  count: number;
  /** Height of every image, pixels. */
  height: number;
  /** Width of every image, pixels. */
  width: number;
  /** Whether labels are class numbers or class names; null where there are none. */
  labels: 'index' | 'name' | null;
  /** Name of the image array in the file. */
  array: string;
  /** How errors name the images, e.g. `images.npz arr_0.npy`. */
  where: string;
  /** How errors name the labels; null where there are none. For `labelNames`. */
  labelsWhere: string | null;
  /**
   * In file order, `size` a batch, the last one shorter; may be called again. @throws DataError
   * @param first number of the first image; default 0 @param end number of the image to end before; default: all
   * @param room where the bytes of a batch go, for who is done with some of them; default: a new array
   */
  batches(size: number, first?: number, end?: number, room?: Room): AsyncGenerator<LabelledBatch, void, undefined>;
  /** Closes the file. */
  close(): Promise<void>;
}

const DEFAULT_IMAGES = 'arr_0';
const DEFAULT_LABELS = 'arr_1';

/**
 * Opens the images of an `.npz` or `.npy` file. Reads all labels and the header of the image array. The images
 * themselves are read in batches, so that memory does not grow with their number.
 *
 * @param path the file
 * @param options names of the arrays and layout of the images
 * @returns number and size (pixels) of the images, and a way to read them. Close it.
 * @throws DataError `NPZ_…`, `NPY_…`, `IMAGES_…`, `LABELS_…`, `LABEL_INVALID` if the file is damaged or is not images;
 *   FileError if it cannot be read
 *
 * @example
 * ```ts
 * import { Embedder, openImages, weightsFolder } from 'image-drift';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const images = await openImages('week_1.npz');
 * for await (const { input, scores } of embedder.run(images.batches(100))) {
 *   console.log(input.firstRow, input.labels.length, scores?.length);
 * }
 * await images.close();
 * await embedder.close();
 * ```
 */
export async function openImages(path: string, options: ImageSetOptions = {}): Promise<ImageSet> {
  options = checkedOptions('openImages', options, imageSetFields);
  return openImagesIn(await RandomAccessFile.open(path), options);
}

/** As `openImages`, of a file that is open. It is closed with the images, or after an error. @throws as `openImages` */
export async function openImagesIn(file: RandomAccess, options: ImageSetOptions): Promise<ImageSet> {
  const npz = await NpzFile.in(file);
  return closedOnError(npz, () => openSet(npz, options));
}

async function openSet(npz: NpzFile, options: ImageSetOptions): Promise<ImageSet> {
  const name = options.images ?? DEFAULT_IMAGES;
  const array = await withFlagHint(npz.array(name), '--images');
  const where = npz.where(name);
  let shape: ImageShape;
  try {
    shape = imageShape(array.header.shape, options.layout ?? 'nhwc', where);
    if (options.channels === 4 && shape.channels !== 4) throw fewChannels(shape.channels, where);
    const { range } = options;
    if (range !== undefined) checkDeepType(array.header.type, shape, { ...options, range }, where);
    else await checkPixelType(array, where, options.pixels === 'unit');
  } finally {
    await array.close();
  }
  const labelName = chooseLabels(npz, options.labels);
  const labels = labelName === null ? null : await withFlagHint(readLabels(npz, labelName, shape.count), '--labels');
  return {
    count: shape.count,
    height: shape.height,
    width: shape.width,
    labels: labels === null ? null : labels.some((label) => typeof label === 'string') ? 'name' : 'index',
    array: name,
    where,
    labelsWhere: labelName === null ? null : npz.where(labelName),
    batches: (size, first = 0, end = shape.count, room = undefined) =>
      batches(() => npz.array(name), shape, labels, {
        ...{ where, size, first, end, room },
        fourth: options.channels === 4,
        isUnit: options.pixels === 'unit',
        range: options.range,
      }),
    close: () => npz.close(),
  };
}

function chooseLabels(npz: NpzFile, asked: string | null | undefined): string | null {
  if (asked !== undefined) return asked;
  return npz.has(DEFAULT_LABELS) ? DEFAULT_LABELS : null;
}

/** A default name that is not there is a matter of naming the right one. */
async function withFlagHint<T>(work: Promise<T>, flag: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'NPZ_ARRAY_MISSING' || error.hint !== null) throw error;
    throw new DataError(error.code, error.message, { hint: `Name the array with ${flag}.` });
  }
}

interface Asked {
  where: string;
  size: number;
  first: number;
  end: number;
  room: Room | undefined;
  fourth: boolean;
  isUnit: boolean;
  range: DepthRange | undefined;
}

async function* batches(
  open: () => Promise<NpyArray>,
  shape: ImageShape,
  labels: readonly Label[] | null,
  { where, size, first, end, room, fourth, isUnit, range }: Asked,
): AsyncGenerator<LabelledBatch, void, undefined> {
  const { height, width, channels } = shape;
  const array = await open();
  const rounding = isUnit ? (UNIT_ROUNDING[array.header.type.itemBytes] ?? 0) : null;
  for await (const { firstRow, rows, values } of array.rows(size, first, end, room)) {
    const length = height * width * channels;
    const deep = range === undefined ? null : deepPixels(values as Uint16Array, shape, range);
    const pixels = deep?.pixels ?? toPixels(values, rounding, where, firstRow, length);
    yield {
      firstRow,
      rows,
      height,
      width,
      data: toRgb(pixels, rows, shape, where, firstRow, fourth),
      ...(fourth ? { fourth: fourthChannel(pixels, rows, shape) } : {}),
      ...(deep && { cutOffs: deep.cutOffs }),
      labels: labels?.slice(firstRow, firstRow + rows) ?? new Array<null>(rows).fill(null),
    };
  }
}
