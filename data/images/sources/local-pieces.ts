/** One input on this machine: a folder, an archive, a table or an image file. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from '../../../files/index.js';
import type { FoundImage } from './build-listing.js';
import { fileModified, fileStamp, findImages, isImageName, pinnedFile, readImageFile } from './folder.js';
import type { ImagePin } from './listing.js';
import { alone, localArchive, type Piece } from './piece.js';
import { METADATA_NAMES, openPathTable, type TableOptions, withMetadata } from './table.js';
import { isTableName } from './table-rows.js';

/**
 * @param isOneOfMany of a list or a pattern: an image that is gone since then is a broken one, as a row of a table is
 * @throws FileError; DataError as of the kind of input
 */
export async function openLocalPiece(path: string, isOneOfMany: boolean, options: TableOptions): Promise<Piece> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (isOneOfMany && error.code === 'ENOENT' && isImageName(path)) return null;
    throw fileError(path, error);
  });
  if (found === null) return filePiece(path);
  if (found.isDirectory()) return folderPiece(path);
  if (isTableName(path)) return { ...alone(path, []), ...(await openPathTable(path, options)), folder: dirname(path) };
  const archive = await localArchive(path);
  return archive ?? filePiece(path);
}

function filePiece(path: string): Piece {
  return { ...alone(path, localImages([basename(path)], dirname(path))), folder: dirname(path) };
}

async function folderPiece(path: string): Promise<Piece> {
  const { keys, notices } = await findImages(path);
  const piece = { ...alone(path, localImages(keys, path)), folder: path, notices };
  for (const name of METADATA_NAMES) {
    const isThere = await stat(join(path, name)).catch(() => null);
    if (isThere?.isFile()) return { ...piece, ...(await withMetadata(join(path, name), piece.images)), notices: [] };
  }
  return piece;
}

function localImages(keys: readonly string[], folder: string): FoundImage[] {
  return keys.map((key) => new LocalImage(key, folder));
}

/**
 * An image file in a folder of this machine.
 *
 * A class, because a set may have millions of them: it holds two references and no functions of its own.
 */
export class LocalImage implements FoundImage {
  readonly #folder: string;

  /** @param key path from the folder */
  constructor(
    readonly key: string,
    folder: string,
  ) {
    this.#folder = folder;
  }

  get path(): string {
    return join(this.#folder, this.key);
  }

  read(): Promise<Uint8Array> {
    return readImageFile(this.path);
  }

  modified(): Promise<number | null> {
    return fileModified(this.path);
  }

  stamp(): Promise<string> {
    return fileStamp(this.path);
  }

  pin(): Promise<ImagePin> {
    return pinnedFile(this.path);
  }
}
