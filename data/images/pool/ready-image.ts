/** One image file, from its bytes to what a network is fed and what an event says of it. */
import type { DecodeOptions } from '../../options/index.js';
import { withChannels } from '../channels.js';
import { type CorruptionName, corruptBatch } from '../corrupt/corruptions.js';
import { type DecodedImage, decodeOpened, openImage } from '../decode/index.js';
import type { PixelBatch } from '../pixel-batch.js';
import { checkImageSize, prepareImage } from '../resize/prepare.js';
import type { SizeRule } from '../resize/size-rule.js';
import { type ImageLook, imageLooks } from '../statistics/looks.js';
import { imageStatisticsRows } from '../statistics/statistics.js';

/**
 * What is done with every image file. All of it is plain data, which threads can be sent.
 *
 * @example
 * ```ts
 * import { ImagePool, type ReadySettings } from 'image-drift/data';
 *
 * const settings: ReadySettings = { rule: { size: [224, 224], resize: 256, crop: [224, 224] }, statistics: true };
 * const pool = new ImagePool(settings);
 * await pool.close();
 * ```
 */
export interface ReadySettings extends DecodeOptions {
  /** Resize and crop. Default: the size stays. */
  rule?: SizeRule | undefined;
  /** Channels of the result: 3, the default, or 1 for gray. */
  channels?: 1 | 3 | undefined;
  /** Whether the image is measured, before the resize. Default: false. */
  statistics?: boolean | undefined;
  /** Done to the image before it is measured. The seed is that of the whole set. */
  corruption?: { name: CorruptionName; seed: number } | undefined;
}

/** An image file to make ready. */
export interface ImageFile {
  /** The whole file. */
  bytes: Uint8Array;
  /** How errors name it. */
  where: string;
  /** Number of the image in its set: a corruption draws other numbers for each. Default: 0. */
  row?: number | undefined;
}

/**
 * An image that is ready for a network. `width`, `height`, `format` and `orientation` are those of the decoded image.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { ImagePool, type ReadyImage } from 'image-drift/data';
 *
 * const pool = new ImagePool({ rule: { size: null, resize: 64, crop: null } });
 * const image: ReadyImage = await pool.ready({ bytes: await readFile('cat.jpg'), where: 'cat.jpg' });
 * console.log(`${image.width}×${image.height} became ${image.pixels.width}×${image.pixels.height}`);
 * await pool.close();
 * ```
 */
export interface ReadyImage extends Omit<DecodedImage, 'data'> {
  /** uint8, `[height, width, channels]`, row-major. */
  pixels: { height: number; width: number; data: Uint8Array };
  /** A value for each of `IMAGE_STATISTICS`, in their order; empty where they were not asked for. */
  statistics: Float32Array;
  /** Null where statistics were not asked for. */
  look: ImageLook | null;
}

/** A change that no thread can be sent, because it is code. */
export type ChangePixels = (batch: PixelBatch) => PixelBatch;

/**
 * Decodes an image, measures it, and brings it to the size and channels that a network takes.
 *
 * @param change done to the image after the corruption, before it is measured
 * @throws DataError as `decodeImage` and `prepareImage`
 */
export async function readyImage(file: ImageFile, settings: ReadySettings, change?: ChangePixels): Promise<ReadyImage> {
  return finished(await decoded(file, settings, false, change === undefined), file, settings, change);
}

/** As `readyImage`, for who is done with one image before the next is asked for: pixels may be lent, as `Decoding` says. */
export async function readyLent(file: ImageFile, settings: ReadySettings): Promise<ReadyImage> {
  return finished(await decoded(file, settings, true, true), file, settings);
}

/** @param keepsSize nothing but the rule changes the size */
async function decoded(
  { bytes, where }: ImageFile,
  settings: ReadySettings,
  lent: boolean,
  keepsSize: boolean,
): Promise<DecodedImage> {
  const { rule } = settings;
  const fits =
    rule && keepsSize ? (size: Pick<DecodedImage, 'height' | 'width'>) => checkImageSize(size, rule, where) : undefined;
  return decodeOpened(openImage(bytes, where), settings, { lent, fits });
}

function finished(
  { data, ...decoded }: DecodedImage,
  { where, row = 0 }: ImageFile,
  { rule, channels = 3, statistics = false, corruption }: ReadySettings,
  change?: ChangePixels,
): ReadyImage {
  const batch: PixelBatch = { rows: 1, height: decoded.height, width: decoded.width, data };
  const corrupted = corruption ? corruptBatch(batch, corruption.name, { seed: corruption.seed, firstRow: row }) : batch;
  const seen = change?.(corrupted) ?? corrupted;
  const sized = rule === undefined ? seen : prepareImage(seen, rule, where);
  const { height, width } = sized;
  return {
    ...decoded,
    pixels: { height, width, data: withChannels({ ...sized, rows: 1 }, channels, where).data },
    statistics: statistics ? imageStatisticsRows(seen) : new Float32Array(0),
    look: statistics ? imageLooks(seen)[0]! : null,
  };
}
