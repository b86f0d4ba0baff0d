/** What causes do to images, as rows of numbers: asked for by one thread, computed by others. */
import { applyCauses, type CauseSetting, type Image } from '../../data/index.js';
import { imageTable } from './image-table.js';

/** Seed of what is random in causes. */
export const CAUSE_SEED = 0;

/** Images in memory that all threads read. */
export interface PackedImages {
  /** `[images, 2]`: height and width of each. */
  sizes: Int32Array;
  /** The pixels of one image after the other, each `[height, width, 3]`. */
  pixels: SharedArrayBuffer;
}

export function packed(images: readonly Image[]): PackedImages {
  const pixels = new SharedArrayBuffer(images.reduce((sum, { data }) => sum + data.length, 0));
  const all = new Uint8Array(pixels);
  let at = 0;
  for (const { data } of images) {
    all.set(data, at);
    at += data.length;
  }
  return { sizes: Int32Array.from(images.flatMap(({ height, width }) => [height, width])), pixels };
}

function unpacked({ sizes, pixels }: PackedImages): Image[] {
  let at = 0;
  return Array.from({ length: sizes.length / 2 }, (_, i) => {
    const [height, width] = [sizes[2 * i]!, sizes[2 * i + 1]!];
    const data = new Uint8Array(pixels, at, 3 * height * width);
    at += data.length;
    return { height, width, data };
  });
}

/** Some of the images, and what is done to them. */
export interface TableOrder {
  images: PackedImages;
  /** From the image `first` to the one before `end`. */
  first: number;
  end: number;
  /** In their order; none for the images as they are. */
  causes: readonly CauseSetting[];
}

/** `[images, TABLE_COLUMNS]`, as of `imageTable`. What is random in a cause depends on an image's number among all. */
export function changedTable({ images, first, end, causes }: TableOrder): Float64Array {
  const some = unpacked(images).slice(first, end);
  return imageTable(some.map((image, i) => applyCauses(image, causes, CAUSE_SEED, first + i))).data;
}
