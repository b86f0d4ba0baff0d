/**
 * What a model's weights say is to be done with an image before it is fed: resize, then centre crop.
 * As torchvision's `Compose([Resize(…), CenterCrop(…)])` on PIL images; normalisation is the engine's.
 */
import { DataError } from '../../data-error.js';
import { type Image, mapImages, type PixelBatch } from '../pixel-batch.js';
import { centerCrop } from './crop.js';
import { resizeImage } from './resize.js';

/** The part of a model's preprocessing that is about sizes, pixels. */
export interface SizeRule {
  /** `[height, width]` that the model is fed; null: any. */
  size: readonly [number, number] | null;
  /** Length of the shorter side, or `[height, width]` exactly; null: no resize. */
  resize: number | readonly [number, number] | null;
  /** `[height, width]`; null: no crop. */
  crop: readonly [number, number] | null;
}

/** Far more than any network is fed; a shorter side of 224 would make 224 × 746,666 pixels of 3 × 10,000. */
const MAX_PIXELS = 2 ** 26;

/**
 * @param where names the images in errors
 * @returns the same number of images, of the size that the rule leads to; the given batch where nothing is to be done
 * @throws DataError `IMAGES_SIZE` where that is not `rule.size`, `IMAGES_TOO_LARGE`
 */
export function prepareBatch(batch: PixelBatch, rule: SizeRule, where: string): PixelBatch {
  const [height, width] = preparedSize(batch, rule, where);
  if (height === batch.height && width === batch.width && rule.resize === null) return batch;
  const [resizedHeight, resizedWidth] = resizedSize(batch, rule.resize);
  const prepare = (image: Image) => centerCrop(resizeImage(image, resizedHeight, resizedWidth), height, width);
  const { fourth } = batch;
  const prepared = { ...mapImages(batch, prepare), height, width };
  return fourth === undefined ? prepared : { ...prepared, fourth: preparedPlane(batch, fourth, prepare) };
}

/** One channel, prepared as each of three is. */
function preparedPlane(batch: PixelBatch, plane: Uint8Array, prepare: (image: Image) => Image): Uint8Array {
  const repeated = Uint8Array.from({ length: 3 * plane.length }, (_, i) => plane[Math.floor(i / 3)]!);
  const { data } = mapImages({ ...batch, data: repeated }, prepare);
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]!);
}

/**
 * `[height, width]` that images of a size come to, without touching any: to refuse a file before its first image.
 * @throws as `prepareBatch`
 */
export function preparedSize(
  images: { height: number; width: number },
  rule: SizeRule,
  where: string,
): readonly [number, number] {
  const resized = resizedSize(images, rule.resize);
  const result = rule.crop ?? resized;
  if (Math.max(resized[0] * resized[1], result[0] * result[1]) > MAX_PIXELS) {
    const [height, width] = resized;
    throw new DataError(
      'IMAGES_TOO_LARGE',
      `${where}: images of ${images.height} × ${images.width} would be resized to ${height} × ${width} pixels, ` +
        `at most ${MAX_PIXELS.toLocaleString('en')} pixels are made`,
    );
  }
  if (rule.size !== null && (rule.size[0] !== result[0] || rule.size[1] !== result[1])) {
    const steps =
      rule.resize === null && rule.crop === null ? '' : `, ${result[0]} × ${result[1]} after resize and crop`;
    throw new DataError(
      'IMAGES_SIZE',
      `${where}: images of ${images.height} × ${images.width} pixels${steps}, the model takes ${rule.size[0]} × ${rule.size[1]}`,
      { hint: 'Resize the images, or convert the model with --resize (and --crop) as it was trained.' },
    );
  }
  return result;
}

/** torchvision's `Resize`: a number is the new shorter side, and the longer one is rounded down. */
function resizedSize(images: { height: number; width: number }, resize: SizeRule['resize']): readonly [number, number] {
  const { height, width } = images;
  if (resize === null) return [height, width];
  if (typeof resize !== 'number') return resize;
  if (width <= height) return [Math.trunc((resize * height) / width), resize];
  return [resize, Math.trunc((resize * width) / height)];
}
