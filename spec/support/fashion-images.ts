/** The first images of the Fashion-MNIST sample, one by one. */
import { join } from 'node:path';
import { type Image, imagesOf, openImages } from '../../data/index.js';
import { packageRoot } from './places.js';

export async function fashionImages(count: number): Promise<Image[]> {
  const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'));
  const images: Image[] = [];
  for await (const batch of set.batches(count)) {
    images.push(...Array.from(imagesOf(batch), (image) => ({ ...image, data: image.data.slice() })));
    if (images.length >= count) break;
  }
  await set.close();
  return images.slice(0, count);
}
