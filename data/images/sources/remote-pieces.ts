/** One input at a URL: a prefix of a bucket, an archive, a table or an image. */
import { dirname } from 'node:path';
import { CodedError, publicUrl, shown } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import type { FoundImage } from './build-listing.js';
import { imagesAmong, isImageName, leadsOut } from './folder.js';
import { alone, archivePiece, type Piece } from './piece.js';
import {
  isPrefix,
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

/**
 * @param isOneOfMany of a long list: its name alone says what it is, for a request each would take too long
 * @throws CodedError of whatever reads URLs; DataError as of the kind of input
 */
export async function openRemotePiece(url: string, isOneOfMany: boolean, options: TableOptions): Promise<Piece> {
  const remote = remoteOf(url, options.remote);
  const name = pathOf(url);
  const where = publicUrl(url);
  if (isPrefix(url)) return prefixPiece(url, remote);
  if (isTableName(url)) return { ...alone(where, []), ...(await openPathTable(url, options)), folder: dirname(name) };
  const image = { ...alone(where, [remoteImage(url, remote)]), folder: null };
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

/** The objects under a prefix, as the files in a folder. */
async function prefixPiece(url: string, remote: RemoteFiles): Promise<Piece> {
  const folder = url.endsWith('/') ? url : `${url}/`;
  const visible = (await remote.list(folder)).filter(isVisibleFile);
  const { keys, notices } = imagesAmong(
    folder,
    visible.map(({ key }) => ({ key, isFile: true })),
  );
  const known = new Map(visible.map((one) => [one.key, one]));
  const images = keys.map((key) => imageUnder(folder, known.get(key)!, remote));
  const piece = { ...alone(folder, images), folder: folder.slice(0, -1), notices };
  const table = METADATA_NAMES.find((name) => known.has(name));
  if (table === undefined) return piece;
  return { ...piece, ...(await withMetadata(folder + table, images, remote)), notices: [] };
}

/** @param folder the prefix, with a slash at its end */
export function imageUnder(
  folder: string,
  { key, modified, stamp, bytes }: RemoteName,
  remote: RemoteFiles,
): FoundImage {
  const read = () => (leadsOut(key) ? Promise.reject(refused(folder, key)) : remote.read(folder + key));
  const pin = async () => ({ file: folder + key, member: null, bytes, stamp, modified });
  return { key, read, modified: async () => modified, stamp: async () => stamp, pin };
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
