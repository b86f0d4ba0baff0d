/**
 * Reads images by their pins, in any order. One that has changed is not a fact about the data, but an error of the run.
 */
import { CodedError, shown } from '../../../base/index.js';
import { type RandomAccess, stampText } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { type ArchiveMembers, archiveMembers } from './archive.js';
import { fileStamp, MISSING, readImageFile } from './folder.js';
import { type ImagePin, MAX_IMAGE_BYTES } from './listing.js';
import { isPrefix, isUrl, openAnywhere, type RemoteFiles, remoteOf } from './remote.js';
import { isTableName } from './table-rows.js';

export const SOURCE_CHANGED = 'SOURCE_CHANGED';
export const IMAGE_NOT_PINNED = 'IMAGE_NOT_PINNED';

export type PinnedFile = Pick<ImagePin, 'file' | 'stamp'>;

export class PinnedImages {
  readonly #remote: RemoteFiles | undefined;
  readonly #inputs: readonly string[];
  readonly #archives = new Map<string, Promise<ArchiveMembers>>();

  /** @param inputs what the images were found in: a table of a server may not name every address */
  constructor(remote?: RemoteFiles, inputs: readonly string[] = []) {
    this.#remote = remote;
    this.#inputs = inputs;
  }

  /** @throws DataError `SOURCE_CHANGED`; as `ImageEntry.read` */
  async read(pin: ImagePin): Promise<Uint8Array> {
    if (pin.member !== null) return this.#readMember(pin, pin.member);
    if (!isUrl(pin.file)) return readUnchanged(pin);
    const remote = remoteOf(pin.file, this.#remote);
    return pin.stamp === null ? remote.read(pin.file, this.#namedBy(pin)) : readVersion(pin, remote);
  }

  /** The table of a server that may have named the image; undefined where the user has. */
  #namedBy({ file }: ImagePin): string | undefined {
    if (this.#inputs.includes(file)) return undefined;
    return this.#inputs.find((input) => isUrl(input) && (isTableName(input) || isPrefix(input)));
  }

  async close(): Promise<void> {
    for (const archive of this.#archives.values()) await archive.then((open) => open.close()).catch(() => undefined);
  }

  async #readMember(pin: ImagePin, member: string): Promise<Uint8Array> {
    const opening = this.#archives.get(pin.file) ?? this.#open(pin);
    this.#archives.set(pin.file, opening);
    const reading = (await opening).read(member);
    if (reading === null) throw changed(pin, `it has no member ${shown(member)} now`);
    return reading;
  }

  async #open(pin: ImagePin): Promise<ArchiveMembers> {
    return archiveMembers(await openPinned(pin, this.#remote));
  }
}

/** Opens a file that is as it was pinned. @throws DataError `SOURCE_CHANGED`; as `openAnywhere` */
export async function openPinned(pin: PinnedFile, remote: RemoteFiles | undefined): Promise<RandomAccess> {
  const file = await openAnywhere(pin.file, remote).catch((error: unknown) => {
    throw isGone(error) ? changed(pin, 'it is missing now') : error;
  });
  if (file.stamp === pin.stamp) return file;
  await file.close();
  throw changed(pin, `it is ${stampText(file.stamp)} now`);
}

async function readUnchanged(pin: ImagePin): Promise<Uint8Array> {
  const now = await fileStamp(pin.file);
  if (now !== pin.stamp) throw changed(pin, now === MISSING ? 'it is missing now' : `it is ${stampText(now)} now`);
  return readImageFile(pin.file);
}

/** One request where the image is small: the version comes with the first bytes. */
async function readVersion(pin: ImagePin, remote: RemoteFiles): Promise<Uint8Array> {
  // The message of what is too large is that of a file which is read whole.
  if ((pin.bytes ?? 0) > MAX_IMAGE_BYTES) return remote.read(pin.file);
  const file = await openPinned(pin, remote);
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

function isGone(error: unknown): boolean {
  return error instanceof CodedError && ['FILE_NOT_FOUND', 'DOWNLOAD_NOT_FOUND'].includes(error.code);
}

function changed({ file, stamp }: PinnedFile, now: string): DataError {
  const was = stamp === MISSING ? 'it was missing' : `it was ${stampText(stamp)}`;
  return new DataError(SOURCE_CHANGED, `${shown(file)}: has changed since the plan was made: ${was}, ${now}`, {
    hint: 'Put the file back as it was, or make a new plan.',
  });
}
