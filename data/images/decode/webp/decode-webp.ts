/** WebP files to RGB, as Pillow decodes them; of animations the first frame. */
import type { Raster, RasterRequest } from '../decode-options.js';
import type { ImagePlace } from '../image-error.js';
import { sharpPixels } from '../sharp.js';
import { rasterOf } from '../sharp-raster.js';
import { webpHeader } from './webp-header.js';

/** @throws DataError `IMAGE_NEEDS_SHARP`, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export async function decodeWebp(bytes: Buffer, place: ImagePlace, { alpha }: RasterRequest): Promise<Raster> {
  const { width, height } = webpHeader(bytes, place);
  return rasterOf(await sharpPixels(bytes, place), { width, height, alpha, place });
}
