/**
 * Where an event table's images are, in its metadata. Event i is image i of an array; the column `image_path` has keys
 * of files. It is a hint: images may have moved, or the table may have been cut since. Whoever shows them checks.
 */
import * as z from 'zod';
import { dirname, isAbsolute, relative, resolve, sep } from '#platform';
import { DataError } from '../../data-error.js';
import { type CorruptionName, corruptBatch, corruptions } from '../corrupt/corruptions.js';
import { type ImageSet, openImagesIn } from './npz-images.js';
import { isUrl, openAnywhere, type RemoteFiles } from './remote.js';

/** Longer than any path that a file system takes. */
const MAX_TEXT = 32_768;
/** More shards than this are not named one by one. */
export const MAX_INPUTS = 1_000;
const RANGE = z.tuple([z.number().int().min(0), z.number().int().max(65_535)]).refine(([low, high]) => low < high);
const BYTE = z.number().int().min(0).max(255);
const CORRUPTION_NAMES = Object.keys(corruptions) as [CorruptionName, ...CorruptionName[]];

const ARRAY_SOURCE = z.object({
  /** With `/` between folders: from the folder of the events file, or absolute where it was given like that; or a URL. */
  file: z.string().min(1).max(MAX_TEXT),
  array: z.string().max(MAX_TEXT),
  layout: z.enum(['nhwc', 'nchw']),
  /** 4 where the fourth of the array's channels is no alpha channel. */
  channels: z.literal(4).optional(),
  /** What the array's values are, where they are not whole numbers. */
  pixels: z.literal('unit').optional(),
  /** Which values were made black and white, for an array of uint16. */
  range: RANGE.optional(),
  /** Images in the array: a table of another length was cut, and its rows are not the array's. */
  count: z.number().int().min(1),
  /** What was done to the images before they were embedded; null for nothing. */
  corruption: z.object({ name: z.enum(CORRUPTION_NAMES), seed: z.number().int().min(0) }).nullable(),
});

/** As in `file` above, or the name of an archive or a pattern. */
const PATH = z.string().min(1).max(MAX_TEXT);

const FILES_SOURCE = z.object({
  /** The folder that keys are relative to, or the inputs that have to be listed again to find an image by its key. */
  files: z.union([z.object({ folder: PATH }), z.object({ inputs: z.array(PATH).min(1).max(MAX_INPUTS) })]),
  /** How the images were decoded, where that was said. */
  decoding: z.object({
    orientation: z.enum(['ignore', 'apply']).optional(),
    background: z.tuple([BYTE, BYTE, BYTE]).optional(),
    allowTruncated: z.boolean().optional(),
    depth: z.literal('pillow').optional(),
    maxPixels: z.number().int().min(1).optional(),
    range: RANGE.optional(),
  }),
});

export const IMAGE_SOURCE = z.union([ARRAY_SOURCE, FILES_SOURCE]);

export type ArraySource = z.infer<typeof ARRAY_SOURCE>;
export type FilesSource = z.infer<typeof FILES_SOURCE>;
export type ImageSource = ArraySource | FilesSource;

/** How a table at `eventsPath` names images that were given as `imagesPath`. */
export function imageSourceTo(imagesPath: string, eventsPath: string): string {
  if (isUrl(imagesPath)) return imagesPath;
  const path = isAbsolute(imagesPath) ? imagesPath : relative(dirname(resolve(eventsPath)), resolve(imagesPath));
  return path.split(sep).join('/');
}

/** The path or URL that a table at `eventsPath` names so. */
export function imageSourceFrom(path: string, eventsPath: string): string {
  return isUrl(path) ? path : resolve(dirname(eventsPath), path);
}

/**
 * The images of an array as they were embedded: corrupted anew where they were. `remote` asks servers.
 * @throws DataError `IMAGES_CHANGED` when their number has changed, `IMAGE_URL`; what `openImages` throws
 */
export async function openImageSource(
  source: ArraySource,
  eventsPath: string,
  remote?: RemoteFiles,
): Promise<ImageSet> {
  const file = await openAnywhere(imageSourceFrom(source.file, eventsPath), remote);
  const images = await openImagesIn(file, {
    images: source.array,
    layout: source.layout,
    channels: source.channels,
    pixels: source.pixels,
    range: source.range,
    labels: null,
  });
  if (images.count !== source.count) {
    await images.close();
    const [now, then] = [images.count.toLocaleString('en'), source.count.toLocaleString('en')];
    throw new DataError('IMAGES_CHANGED', `${images.where}: ${now} images, ${then} when ${eventsPath} was made`);
  }
  const { corruption } = source;
  if (corruption === null) return images;
  const { name, seed } = corruption;
  return {
    ...images,
    async *batches(size, first, end) {
      for await (const batch of images.batches(size, first, end)) {
        yield { ...batch, ...corruptBatch(batch, name, { seed, firstRow: batch.firstRow }) };
      }
    },
  };
}
