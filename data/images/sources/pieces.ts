import { basename, dirname, entryAt, join, statOf } from '#platform';
import { CodedError, publicUrl, shown } from '../../../base/index.js';
import { fileError, RandomAccessFile } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { archivePiece } from './archive.js';
import type { FoundImage, Piece } from './build-listing.js';
import { findImages, imagesAmong, isImageName, LocalImage, leadsOut } from './folder.js';
import type { ImageHandle } from './listing.js';
import {
  isPrefix,
  isUrl,
  isVisibleFile,
  mayBePrefix,
  pathOf,
  type RemoteFiles,
  type RemoteName,
  remoteImage,
  remoteOf,
} from './remote.js';
import { METADATA_NAMES, openPathTable, type TableOptions, withMetadata } from './table.js';
import { isTableName } from './table-rows.js';

/** @param isOneOfMany of a long list or a pattern @throws CodedError */
export function openPiece(path: string, isOneOfMany: boolean, options: TableOptions): Promise<Piece> {
  return (isUrl(path) ? openRemotePiece : openLocalPiece)(path, isOneOfMany, options);
}

function alone(where: string, folder: string | null): Piece {
  return { where, folder, images: [], columns: [], labelColumn: null, notices: [], close: async () => {} };
}

/**
 * @param isOneOfMany of a list or a pattern: an image that is gone since then is a broken one, as a row of a table is
 * @throws FileError; DataError as of the kind of input
 */
async function openLocalPiece(path: string, isOneOfMany: boolean, options: TableOptions): Promise<Piece> {
  const found = await statOf(path).catch((error: Error & { code?: string }) => {
    if (isOneOfMany && error.code === 'ENOENT' && isImageName(path)) return null;
    throw fileError(path, error);
  });
  if (found === null) return filePiece(path);
  if (found.kind === 'folder') return folderPiece(path);
  if (isTableName(path)) return { ...alone(path, dirname(path)), ...(await openPathTable(path, options)) };
  return (await archivePiece(await RandomAccessFile.open(path))) ?? filePiece(path);
}

function filePiece(path: string): Piece {
  return { ...alone(path, dirname(path)), images: localImages([basename(path)], dirname(path)) };
}

async function folderPiece(path: string): Promise<Piece> {
  const { keys, notices } = await findImages(path);
  const piece = { ...alone(path, path), images: localImages(keys, path), notices };
  for (const name of METADATA_NAMES) {
    if ((await entryAt(join(path, name)))?.kind === 'file')
      return { ...piece, ...(await withMetadata(join(path, name), piece.images)), notices: [] };
  }
  return piece;
}

function localImages(keys: readonly string[], folder: string): FoundImage[] {
  return keys.map((key) => ({ key, image: new LocalImage(folder, key) }));
}

/** `isOneOfMany`, of a long list: its name says what it is, as requests take too long. @throws CodedError; DataError */
async function openRemotePiece(url: string, isOneOfMany: boolean, options: TableOptions): Promise<Piece> {
  const remote = remoteOf(url, options.remote);
  const name = pathOf(url);
  const where = publicUrl(url);
  if (isPrefix(url)) return prefixPiece(url, remote);
  if (isTableName(url)) return { ...alone(where, dirname(name)), ...(await openPathTable(url, options)) };
  const image = { ...alone(where, null), images: [{ key: where, image: remoteImage(url, remote) }] };
  if (isImageName(name) || (isOneOfMany && !ARCHIVE.test(name))) return image;
  try {
    return (await archivePiece(await remote.open(url))) ?? image;
  } catch (error) {
    if (!mayBePrefix(url) || !isNotFound(error)) throw error;
    return prefixPiece(`${url}/`, remote).catch((other: unknown) => {
      throw isNone(other) ? error : other;
    });
  }
}

const ARCHIVE = /\.(tar|zip)$/i;

async function prefixPiece(url: string, remote: RemoteFiles): Promise<Piece> {
  const folder = url.endsWith('/') ? url : `${url}/`;
  const visible = (await remote.list(folder)).filter(isVisibleFile);
  const { keys, notices } = imagesAmong(
    folder,
    visible.map(({ key }) => ({ key, isFile: true })),
  );
  const known = new Map(visible.map((one) => [one.key, one]));
  const images = keys.map((key) => ({ key, image: imageUnder(folder, known.get(key)!, remote) }));
  const piece = { ...alone(folder, folder.slice(0, -1)), images, notices };
  const table = METADATA_NAMES.find((name) => known.has(name));
  if (table === undefined) return piece;
  return { ...piece, ...(await withMetadata(folder + table, images, remote)), notices: [] };
}

/** @param folder the prefix, with a slash at its end */
export function imageUnder(
  folder: string,
  { key, modified, stamp, bytes }: RemoteName,
  remote: RemoteFiles,
): ImageHandle {
  const read = () => (leadsOut(key) ? Promise.reject(refused(folder, key)) : remote.read(folder + key));
  const pin = async () => ({ file: folder + key, member: null, bytes, stamp, modified });
  return { read, modified: async () => modified, stamp: async () => stamp, pin };
}

/** As a member of an archive: its name may be taken for a path. */
function refused(folder: string, key: string): DataError {
  return new DataError('IMAGE_MEMBER', `${folder} ${shown(key)}: leads out of the prefix`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'DOWNLOAD_NOT_FOUND';
}

function isNone(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'IMAGES_NONE';
}
