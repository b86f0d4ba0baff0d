/** The images of one input. */
import { type RandomAccess, RandomAccessFile } from '../../../files/index.js';
import { type ArchiveImages, refuseOtherArchive, tarImages, zipImages } from './archive.js';
import type { FoundImage, FoundSet } from './build-listing.js';
import { isImageName } from './folder.js';
import { pathOf } from './remote.js';
import { isTar } from './tar.js';

export interface Piece extends ArchiveImages {
  /** The folder that keys are relative to, on this disk or at a URL; null where they are relative to something else. */
  folder: string | null;
  types?: FoundSet['types'];
  notices: readonly string[];
}

/** Enough for the header of a tar. */
const HEAD_BYTES = 512;

/** Images without anything beside them, from no file that has to be closed. */
export function alone(where: string, images: readonly FoundImage[]): Omit<Piece, 'folder'> {
  return { where, images, columns: [], labelColumn: null, notices: [], close: async () => {} };
}

/**
 * The images of a tar or a zip, whatever it is named; null for anything else.
 * @param file is closed with the images, after an error, and where it is no archive
 * @throws FileError `TAR_…`, `ZIP_…`; DataError `IMAGES_NONE`, `WEBDATASET_SIDECAR`, `ARCHIVE_COMPRESSED`, `ARCHIVE_FORMAT`
 */
export async function archivePiece(file: RandomAccess): Promise<Piece | null> {
  const kind = await archiveKind(file);
  if (kind !== null) {
    return { ...(await (kind === 'zip' ? zipImages(file) : tarImages(file))), folder: null, notices: [] };
  }
  try {
    const name = pathOf(file.path);
    if (!isImageName(name)) refuseOtherArchive(await headOf(file), file.path, name);
  } finally {
    await file.close();
  }
  return null;
}

/** @param file is closed after an error */
export async function archiveKind(file: RandomAccess): Promise<'tar' | 'zip' | null> {
  const head = await headOf(file).catch(async (error: unknown) => {
    await file.close();
    throw error;
  });
  if (head.toString('latin1').startsWith('PK\u0003\u0004')) return 'zip';
  return isTar(head) ? 'tar' : null;
}

async function headOf(file: RandomAccess): Promise<Buffer> {
  return Buffer.from(await file.read(0, Math.min(HEAD_BYTES, file.size)));
}

/** The same of a file on this machine. @throws as `archivePiece` */
export async function localArchive(path: string): Promise<Piece | null> {
  return archivePiece(await RandomAccessFile.open(path));
}
