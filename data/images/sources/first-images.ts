/** Looks at the first images of a source, so that a depth without a known range is asked about before a network runs. */
import { entryAt, join } from '#platform';
import { CodedError } from '../../../base/index.js';
import { RandomAccessFile } from '../../../files/index.js';
import type { DecodeOptions, ImageSetOptions, RangeOption } from '../../options/index.js';
import { imageHeader } from '../decode/index.js';
import { depthAsked } from '../depth.js';
import { filesIn, isImageName, readImageFile } from './folder.js';
import { entryPlace, type ImageListing } from './listing.js';
import { openImagesIn } from './npz-images.js';
import { isImageArray, openListing } from './open-listing.js';
import { isUrl } from './remote.js';
import { isStdin } from './stdin.js';
import { isTableName } from './table-rows.js';

/** Enough to see what a set is of; one of another depth among others is rejected alone. */
const LOOKED_AT = 8;

type Depth = Pick<DecodeOptions, 'depth'> & RangeOption;

interface FirstImage {
  where: string;
  /** Whether it takes no more than a moment to read it. */
  isNear: boolean;
  read(): Promise<Uint8Array>;
}

/** @throws DataError `IMAGE_DEPTH` where half of the first images or more have 16 bits, and the weights no range */
export async function askDepthOf(listing: ImageListing, options: Depth): Promise<void> {
  await askDepth(options, entriesOf(listing));
}

/**
 * As `askDepthOf`, before anything is listed: of files, folders, archives and an array on this machine. Tables, patterns
 * and what is elsewhere are looked at when they are opened.
 * @throws DataError also as `openImages`, for pixels of an array that are not 0 to 255; FileError
 */
export async function askDepthAt(inputs: readonly string[], options: Depth & ImageSetOptions): Promise<void> {
  if (options.range !== undefined || inputs.some((input) => isUrl(input) || isStdin(input))) return;
  if (!(await isImageArray(inputs))) return askDepth(options, imagesAt(inputs));
  const { images, layout, pixels } = options;
  const set = await openImagesIn(await RandomAccessFile.open(inputs[0]!), { images, layout, pixels, labels: null });
  await set.close();
}

async function askDepth({ range, depth }: Depth, images: AsyncIterable<FirstImage>): Promise<void> {
  if (range !== undefined || depth === 'pillow') return;
  let looked = 0;
  const deep: CodedError[] = [];
  for await (const { where, isNear, read } of images) {
    const found = await depthOf(where, read);
    if (found !== null) looked++;
    if (found instanceof CodedError) deep.push(found);
    if (looked === LOOKED_AT || !isNear) break;
  }
  if (deep[0] !== undefined && 2 * deep.length >= looked) throw deep[0];
}

/** Null for what cannot be read: it is rejected when the set is read. */
async function depthOf(where: string, read: FirstImage['read']): Promise<CodedError | 'usual' | null> {
  try {
    const { isDeep, format } = imageHeader(await read(), where);
    return isDeep ? depthAsked(where, format.toUpperCase()) : 'usual';
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

async function* entriesOf(listing: ImageListing): AsyncIterable<FirstImage> {
  for await (const entry of listing.entries()) {
    yield { where: entryPlace(listing, entry), isNear: entry.path !== undefined, read: () => entry.read() };
  }
}

async function* imagesAt(inputs: readonly string[]): AsyncIterable<FirstImage> {
  for (const input of inputs) {
    const found = await entryAt(input);
    if (found?.kind === 'folder') {
      for await (const files of filesIn(input)) {
        for (const { key } of files) if (isImageName(key)) yield imageAt(join(input, key));
      }
    } else if (found !== null && isImageName(input)) yield imageAt(input);
    else if (found !== null && !isTableName(input)) {
      const listing = await openListing([input], { labels: null });
      try {
        yield* entriesOf(listing);
      } finally {
        await listing.close();
      }
    }
  }
}

function imageAt(path: string): FirstImage {
  return { where: path, isNear: true, read: () => readImageFile(path) };
}
