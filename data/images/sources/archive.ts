/** Tars and zips of images: the images that are members, without unpacking anything to the disk. */
import { basename } from 'node:path';
import { quoted } from '../../../errors/index.js';
import { type RandomAccess, ZipArchive } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import type { FoundImage } from './build-listing.js';
import { isImageName, leadsOut } from './folder.js';
import { MAX_IMAGE_BYTES } from './listing.js';
import { pathOf } from './remote.js';
import { readTarDirectory, readTarMember } from './tar.js';
import { isSidecar, readSidecars } from './webdataset.js';

export interface ArchiveImages {
  /** Path of the archive, for messages. */
  where: string;
  images: readonly FoundImage[];
  columns: readonly string[];
  labelColumn: string | null;
  close(): Promise<void>;
}

interface Member {
  name: string;
  size: number;
  /** Why it is not read; null for a file. */
  refused: string | null;
  read(): Promise<Uint8Array>;
  modified: number | null;
}

/**
 * Images of a tar, and what WebDataset keeps beside them. Links and paths that leave the archive are never followed:
 * such an image is there, and cannot be read.
 * @param file is closed with the images, or after an error
 * @throws FileError `TAR_…`; DataError `IMAGES_NONE`, `WEBDATASET_SIDECAR`
 */
export async function tarImages(file: RandomAccess): Promise<ArchiveImages> {
  return closedOnError(file, async () => archiveImages(file, await tarMembers(file)));
}

async function tarMembers(file: RandomAccess): Promise<Member[]> {
  const found = await readTarDirectory(file, isSidecar);
  return found.map((member): Member => {
    const { name, size, kind, modified } = member;
    const refused = kind === 'file' ? null : `is a ${kind === 'link' ? 'link' : 'member of another kind'}, not a file`;
    return {
      name: name.replace(/^(\.\/)+/, ''),
      size,
      refused,
      modified,
      read: () => readTarMember(file, member, MAX_IMAGE_BYTES),
    };
  });
}

/**
 * Images of a zip.
 * @param file is closed with the images, or after an error
 * @throws FileError `ZIP_…`; DataError `IMAGES_NONE`, `WEBDATASET_SIDECAR`
 */
export async function zipImages(file: RandomAccess): Promise<ArchiveImages> {
  return closedOnError(file, async () => {
    const zip = await ZipArchive.open(file);
    const members = [...zip.members.values()].map(
      (member): Member => ({
        name: member.name,
        size: member.size,
        refused: null,
        modified: null,
        read: () => zip.readAll(member, MAX_IMAGE_BYTES),
      }),
    );
    return archiveImages(file, members);
  });
}

async function closedOnError(file: RandomAccess, open: () => Promise<ArchiveImages>): Promise<ArchiveImages> {
  try {
    return await open();
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function archiveImages(file: RandomAccess, members: readonly Member[]): Promise<ArchiveImages> {
  const { path } = file;
  const close = () => file.close();
  const visible = members.filter(({ name }) => !name.split('/').some((part) => part.startsWith('.') && part !== '..'));
  const pictures = visible.filter(({ name }) => isImageName(name));
  if (pictures.length === 0) {
    throw new DataError('IMAGES_NONE', `${path}: no images among its ${members.length.toLocaleString('en')} members`);
  }
  const sidecars = await readSidecars(
    visible.filter(({ refused }) => refused === null),
    isImageName,
    path,
  );
  const top = sharedTop(pictures, path);
  const images = pictures.map((member): FoundImage => {
    const { name, modified } = member;
    const refused = member.refused ?? (leadsOut(name) ? 'leads out of the archive' : null);
    return {
      key: name.slice(top.length),
      row: sidecars?.rowOf(name) ?? [],
      read: refused === null ? () => member.read() : () => Promise.reject(refusedMember(path, name, refused)),
      modified: async () => modified,
      stamp: async () => file.stamp,
    };
  });
  return { where: path, images, columns: sidecars?.columns ?? [], labelColumn: sidecars?.labelColumn ?? null, close };
}

function refusedMember(path: string, name: string, refused: string): DataError {
  return new DataError('IMAGE_MEMBER', `${path} ${quoted(name)}: ${refused}`);
}

/** `photos/` where all images of photos.tar lie in it: the folder itself was packed, and its images keep their keys. */
function sharedTop(images: readonly Member[], path: string): string {
  const top = `${basename(pathOf(path)).replace(/\.[^.]*$/, '')}/`;
  return images.every(({ name }) => name.startsWith(top)) ? top : '';
}
