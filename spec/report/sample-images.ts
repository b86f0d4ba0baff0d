/** Fashion-MNIST images for sample reports, clean and corrupted, and their thumbnail sheet. */
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { type CorruptionName, corruptBatch, imagesOf, openImages, type PixelBatch } from '../../data/index.js';
import type { ThumbnailSheet } from '../../report/index.js';
import { packageRoot } from '../support/places.js';

export const CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

export interface LabelledImages {
  pixels: PixelBatch;
  labels: number[];
}

/** The first `count` of the package's own sample. */
export async function sampleImages(name: 'reference' | 'production', count: number): Promise<LabelledImages> {
  const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', `${name}.npz`));
  try {
    for await (const { labels, ...pixels } of set.batches(count)) return { pixels, labels: labels.map(Number) };
    throw new Error('no images');
  } finally {
    await set.close();
  }
}

export function corrupted({ pixels, labels }: LabelledImages, name: CorruptionName): LabelledImages {
  return { pixels: corruptBatch(pixels, name), labels };
}

/** All images of all sets in one JPEG picture, in their order. */
export function thumbnailSheet(sets: readonly PixelBatch[], columns = 64): ThumbnailSheet {
  const images = sets.flatMap((set) => [...imagesOf(set)]);
  const { width, height } = images[0]!;
  const rows = Math.ceil(images.length / columns);
  const data = Buffer.alloc(columns * width * rows * height * 4, 255);
  images.forEach((image, i) => {
    const left = (i % columns) * width;
    const top = Math.floor(i / columns) * height;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const to = ((top + y) * columns * width + left + x) * 4;
        for (let c = 0; c < 3; c++) data[to + c] = image.data[(y * width + x) * 3 + c]!;
      }
    }
  });
  const encoded = jpeg.encode({ data, width: columns * width, height: rows * height }, 80).data;
  return { uri: `data:image/jpeg;base64,${encoded.toString('base64')}`, width, height, columns, rows };
}
