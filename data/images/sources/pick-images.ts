/** Finds single images again by their keys, as event tables name them. */
import { join, resolve } from 'node:path';
import { CodedError, shown } from '../../../errors/index.js';
import { DataError } from '../../data-error.js';
import { decodeImage } from '../decode/index.js';
import type { Image } from '../pixel-batch.js';
import { leadsOut, readImageFile } from './folder.js';
import type { FilesSource } from './image-source.js';
import { openListing } from './open-listing.js';
import { isUrl, remoteOf } from './remote.js';

export interface PickedImage {
  key: string;
  /** Null where the image cannot be read any more; `problem` says why. */
  image: Image | null;
  problem: CodedError | null;
}

/**
 * The images under some keys, decoded as they were for the events.
 *
 * @param eventsPath the table that names them: paths are relative to its folder
 * @throws as `openListing`, where the images are in archives
 */
export async function* pickImages(
  { files, decoding }: FilesSource,
  eventsPath: string,
  keys: ReadonlySet<string>,
): AsyncGenerator<PickedImage, void, undefined> {
  const reads =
    'folder' in files
      ? inFolder(resolve(eventsPath, '..', files.folder), keys)
      : inInputs(files.inputs, eventsPath, keys);
  for await (const [key, read] of reads) {
    try {
      yield { key, image: await decodeImage(await read(), shown(key), decoding), problem: null };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      yield { key, image: null, problem: error };
    }
  }
}

type Read = () => Promise<Uint8Array>;

/** A table from elsewhere may name any path: none that leads out of the folder is followed, and no server is asked. */
function* inFolder(folder: string, keys: ReadonlySet<string>): Generator<[string, Read]> {
  for (const key of keys) {
    yield [key, isUrl(key) ? async () => remoteOf(key, undefined).read(key) : () => readInside(folder, key)];
  }
}

async function readInside(folder: string, key: string): Promise<Uint8Array> {
  if (leadsOut(key)) throw new DataError('IMAGE_MEMBER', `${shown(key)}: leads out of ${folder}`);
  return readImageFile(join(folder, key));
}

async function* inInputs(
  inputs: readonly string[],
  eventsPath: string,
  keys: ReadonlySet<string>,
): AsyncGenerator<[string, Read]> {
  const paths = inputs.map((input) => resolve(eventsPath, '..', input));
  const listing = await openListing(paths, { labels: null });
  try {
    for await (const entry of listing.entries()) if (keys.has(entry.key)) yield [entry.key, () => entry.read()];
  } finally {
    await listing.close();
  }
}
