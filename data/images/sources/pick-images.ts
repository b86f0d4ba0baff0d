import { join } from '#platform';
import { CodedError, OfflineError, shown } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import { decodeImage } from '../decode/index.js';
import type { Image } from '../pixel-batch.js';
import { leadsOut, readImageFile } from './folder.js';
import { type FilesSource, imageSourceFrom } from './image-source.js';
import type { ImageListing } from './listing.js';
import { openListing } from './open-listing.js';
import { isUrl, type RemoteFiles, remoteOf } from './remote.js';

export interface PickedImage {
  key: string;
  /** Null where the image cannot be read any more; `problem` says why. */
  image: Image | null;
  problem: CodedError | null;
}

/**
 * The images under some keys of the table at `eventsPath`, decoded as they were for the events. Its paths are relative
 * to its folder and may not leave it, and only `remote` asks servers, as a table may name any path and server.
 * @throws as `openListing`, where images are in archives; DataError `IMAGE_URL` where nothing reads URLs
 */
export async function* pickImages(
  { files, decoding }: FilesSource,
  eventsPath: string,
  keys: ReadonlySet<string>,
  remote?: RemoteFiles,
): AsyncGenerator<PickedImage, void, undefined> {
  const found =
    'folder' in files
      ? readAhead(inFolder(imageSourceFrom(files.folder, eventsPath), keys, remote))
      : inInputs(
          files.inputs.map((input) => imageSourceFrom(input, eventsPath)),
          keys,
          remote,
        );
  for await (const { key, bytes } of found) {
    try {
      yield { key, image: await decodeImage(await bytes, shown(key), decoding), problem: null };
    } catch (error) {
      if (!(error instanceof CodedError) || error instanceof OfflineError) throw error;
      yield { key, image: null, problem: error };
    }
  }
}

type Found = [key: string, read: () => Promise<Uint8Array>];

interface Reading {
  key: string;
  bytes: Promise<Uint8Array>;
}

/** Images that are read at once: servers take their time. */
const AT_ONCE = 8;

/** Begins to read the next few images before they are asked for. */
async function* readAhead(found: AsyncIterable<Found> | Iterable<Found>): AsyncGenerator<Reading, void, undefined> {
  const begun: Reading[] = [];
  for await (const [key, read] of found) {
    const bytes = read();
    // Whoever asks for the bytes gets the error.
    bytes.catch(() => {});
    begun.push({ key, bytes });
    if (begun.length === AT_ONCE) yield begun.shift()!;
  }
  yield* begun;
}

function* inFolder(folder: string, keys: ReadonlySet<string>, remote: RemoteFiles | undefined): Generator<Found> {
  for (const key of keys) {
    if (isUrl(key)) yield [key, async () => remoteOf(key, remote).read(key)];
    else yield [key, () => readInside(folder, key, remote)];
  }
}

async function readInside(folder: string, key: string, remote: RemoteFiles | undefined): Promise<Uint8Array> {
  if (leadsOut(key)) throw new DataError('IMAGE_MEMBER', `${shown(key)}: leads out of ${folder}`);
  if (!isUrl(folder)) return readImageFile(join(folder, key));
  const url = `${folder}/${key}`;
  return remoteOf(url, remote).read(url);
}

async function* inInputs(
  inputs: readonly string[],
  keys: ReadonlySet<string>,
  remote: RemoteFiles | undefined,
): AsyncGenerator<Reading, void, undefined> {
  for (const input of inputs) if (isUrl(input)) remoteOf(input, remote);
  const listing = await openListing(inputs, { labels: null, remote });
  try {
    yield* readAhead(wanted(listing, keys));
  } finally {
    await listing.close();
  }
}

async function* wanted(listing: ImageListing, keys: ReadonlySet<string>): AsyncGenerator<Found, void, undefined> {
  for await (const entry of listing.entries()) if (keys.has(entry.key)) yield [entry.key, () => entry.read()];
}
