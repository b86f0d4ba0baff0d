import { type Bytes, basename, bytesOf, extname, latin1, resolve } from '#platform';
import { quoted } from '../../../base/index.js';
import { type RandomAccess, ZipArchive, type ZipMember } from '../../../files/index.js';
import { closedOnError, DataError } from '../../data-error.js';
import type { Piece } from './build-listing.js';
import { isImageName, leadsOut } from './folder.js';
import { type ImageHandle, type ImagePin, MAX_IMAGE_BYTES } from './listing.js';
import { isUrl, pathOf } from './remote.js';
import { isTar, readTarDirectory, readTarMember, type TarMember } from './tar.js';
import { isSidecar, readSidecars } from './webdataset.js';

interface Member {
  readonly name: string;
  readonly size: number;
}

interface Archive<M extends Member> {
  file: RandomAccess;
  members: readonly M[];
  /** Why a member is not read; null for a file. */
  refused(member: M): string | null;
  read(member: M): Promise<Uint8Array>;
  modified(member: M): number | null;
}

/** A class, because an archive may have millions of members: it holds references and no functions of its own. */
class ArchiveImage<M extends Member> implements ImageHandle {
  readonly #archive: Archive<M>;
  readonly #member: M;

  constructor(archive: Archive<M>, member: M) {
    this.#archive = archive;
    this.#member = member;
  }

  read(): Promise<Uint8Array> {
    return readMember(this.#archive, this.#member);
  }

  async modified(): Promise<number | null> {
    return this.#archive.modified(this.#member);
  }

  async stamp(): Promise<string | null> {
    return this.#archive.file.stamp;
  }

  async pin(): Promise<ImagePin> {
    const { path, stamp } = this.#archive.file;
    const { name: member, size: bytes } = this.#member;
    const file = isUrl(path) ? path : resolve(path);
    return { file, member, bytes, stamp, modified: await this.modified() };
  }
}

async function readMember<M extends Member>(archive: Archive<M>, member: M): Promise<Uint8Array> {
  const { name } = member;
  const refused = archive.refused(member) ?? (leadsOut(name) ? 'leads out of the archive' : null);
  if (refused === null) return archive.read(member);
  throw new DataError('IMAGE_MEMBER', `${archive.file.path} ${quoted(name)}: ${refused}`);
}

/** Most images have nothing beside them. */
const NO_ROW: readonly unknown[] = [];

/**
 * Images of a tar, and what WebDataset keeps beside them; closes `file`, also after an error. Links and paths that
 * leave the archive are never followed: such an image cannot be read.
 * @throws FileError `TAR_…`; DataError `IMAGES_NONE`, `WEBDATASET_SIDECAR`
 */
export function tarPiece(file: RandomAccess): Promise<Piece> {
  return closedOnError(file, async () => archiveImages(await tarArchive(file, isSidecar)));
}

/**
 * A tar or a zip, by content; null for anything else. Closes `file`, also then and after an error.
 * @throws FileError `TAR_…`, `ZIP_…`; DataError `IMAGES_NONE`, `WEBDATASET_SIDECAR`, `ARCHIVE_…`
 */
export async function archivePiece(file: RandomAccess): Promise<Piece | null> {
  const piece = await closedOnError(file, async () => {
    const head = await headOf(file);
    const name = pathOf(file.path);
    if (isZip(head)) return archiveImages(await zipArchive(file));
    if (isTar(head)) return archiveImages(await tarArchive(file, isSidecar));
    if (!isImageName(name)) refuseOtherArchive(head, file.path, name);
    return null;
  });
  if (piece === null) await file.close();
  return piece;
}

const HEAD_BYTES = 512;

async function headOf(file: RandomAccess): Promise<Bytes> {
  return bytesOf(await file.read(0, Math.min(HEAD_BYTES, file.size)));
}

function isZip(head: Bytes): boolean {
  return head.toString('latin1').startsWith('PK\u0003\u0004');
}

/** The members of an archive by their names. Of several with a name, the first one counts. */
export interface ArchiveMembers {
  read(name: string): Promise<Uint8Array> | null;
  close(): Promise<void>;
}

/**
 * @param file a tar or a zip, which is closed with the members, or after an error @throws FileError `TAR_…`, `ZIP_…`
 */
export function archiveMembers(file: RandomAccess): Promise<ArchiveMembers> {
  return closedOnError(file, async () =>
    isZip(await headOf(file)) ? membersOf(await zipArchive(file)) : membersOf(await tarArchive(file)),
  );
}

function membersOf<M extends Member>(archive: Archive<M>): ArchiveMembers {
  const byName = new Map<string, M>();
  for (const member of archive.members) if (!byName.has(member.name)) byName.set(member.name, member);
  return {
    read(name) {
      const member = byName.get(name);
      return member === undefined ? null : readMember(archive, member);
    },
    close: () => archive.file.close(),
  };
}

async function tarArchive(
  file: RandomAccess,
  keeps?: (name: string, size: number) => boolean,
): Promise<Archive<TarMember>> {
  return {
    file,
    members: await readTarDirectory(file, keeps),
    refused: ({ kind }) =>
      kind === 'file' ? null : `is a ${kind === 'link' ? 'link' : 'member of another kind'}, not a file`,
    read: (member) => readTarMember(file, member, MAX_IMAGE_BYTES),
    modified: ({ modified }) => modified,
  };
}

async function zipArchive(file: RandomAccess): Promise<Archive<ZipMember>> {
  const zip = await ZipArchive.open(file);
  return {
    file,
    members: [...zip.members.values()],
    refused: () => null,
    read: (member) => zip.readAll(member, MAX_IMAGE_BYTES),
    modified: () => null,
  };
}

async function archiveImages<M extends Member>(archive: Archive<M>): Promise<Piece> {
  const { file, members } = archive;
  const { path } = file;
  const visible = members.filter(({ name }) => !name.split('/').some((part) => part.startsWith('.') && part !== '..'));
  const pictures = visible.filter(({ name }) => isImageName(name));
  if (pictures.length === 0) {
    const hasArrays = members.some(({ name }) => name.endsWith('.npy'));
    throw new DataError('IMAGES_NONE', `${path}: no images among its ${members.length.toLocaleString('en')} members`, {
      hint: hasArrays ? 'An npz of arrays is an input of its own: one file, alone.' : undefined,
    });
  }
  const sidecars = await readSidecars(
    visible
      .filter((member) => archive.refused(member) === null)
      .map((member) => ({ name: member.name, size: member.size, read: () => archive.read(member) })),
    isImageName,
    path,
  );
  const top = sharedTop(pictures, path);
  const images = pictures.map((member) => {
    const row = sidecars?.rowOf(member.name) ?? NO_ROW;
    return { key: member.name.slice(top.length), row, image: new ArchiveImage(archive, member) };
  });
  const { columns = [], labelColumn = null } = sidecars ?? {};
  return { where: path, folder: null, images, columns, labelColumn, notices: [], close: () => file.close() };
}

/** `photos/` where all images of photos.tar lie in it: the folder itself was packed, and its images keep their keys. */
function sharedTop(images: readonly Member[], path: string): string {
  const top = `${basename(pathOf(path)).replace(/\.[^.]*$/, '')}/`;
  return images.every(({ name }) => name.startsWith(top)) ? top : '';
}

const COMPRESSIONS: readonly { begins: string; name: string; unpack: string }[] = [
  { begins: '\u001f\u008b', name: 'gzip', unpack: 'gunzip' },
  { begins: 'BZh', name: 'bzip2', unpack: 'bunzip2' },
  { begins: '\u00fd7zXZ\0', name: 'xz', unpack: 'unxz' },
  { begins: '\u0028\u00b5\u002f\u00fd', name: 'Zstandard', unpack: 'unzstd' },
  { begins: '7z\u00bc\u00af\u0027\u001c', name: '7-Zip', unpack: '7z x' },
  { begins: 'Rar!\u001a\u0007', name: 'RAR', unpack: 'unrar x' },
];
const BEGINNING_BYTES = 8;

/** Compressed archives are not read, as members are read in any order. @throws DataError `ARCHIVE_COMPRESSED` */
export function refuseCompressed(head: Uint8Array, where: string): void {
  const text = latin1(head.subarray(0, BEGINNING_BYTES));
  const found = COMPRESSIONS.find(({ begins }) => text.startsWith(begins));
  if (found === undefined) return;
  throw new DataError('ARCHIVE_COMPRESSED', `${where}: is compressed by ${found.name}; only tars and zips are read`, {
    hint: `Unpack it first, with ${found.unpack}.`,
  });
}

/** What has neither the beginning of an archive nor the name of anything else. @throws DataError `ARCHIVE_COMPRESSED`, `ARCHIVE_FORMAT` */
function refuseOtherArchive(head: Uint8Array, where: string, name: string): void {
  refuseCompressed(head, where);
  const extension = extname(name).toLowerCase();
  if (extension !== '.tar' && extension !== '.zip') return;
  const begins =
    head.length === 0 ? 'it is empty' : `it begins with ${bytesOf(head.subarray(0, BEGINNING_BYTES)).toString('hex')}`;
  throw new DataError('ARCHIVE_FORMAT', `${where}: is named like a ${extension.slice(1)}, and is none; ${begins}`);
}
