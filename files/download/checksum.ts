import { createHash, type Hash } from 'node:crypto';
import { shown } from '../../base/index.js';
import { addToHash, cacheFolder, RandomAccessFile, sha256OfFile } from '../system/index.js';
import { DownloadError } from './download-error.js';

export type Checksum =
  | { sha256: string; gitBlob?: undefined }
  /** The id that Git gives a file: sha1 of `blob LENGTH`, a zero byte and the content. */
  | { gitBlob: string; sha256?: undefined };

export function hashName({ sha256 }: Checksum): string {
  return sha256 === undefined ? 'Git id' : 'sha256';
}

export function expectedHash(checksum: Checksum): string {
  return checksum.sha256 ?? checksum.gitBlob;
}

/** What the file does hash to, by the hash of `checksum`. @throws FileError */
export async function hashOfFile(path: string, { sha256 }: Checksum): Promise<string> {
  return sha256 === undefined ? gitBlobOf(path) : sha256OfFile(path);
}

function gitBlobHash(bytes: number): Hash {
  return createHash('sha1').update(`blob ${bytes}\0`);
}

async function gitBlobOf(path: string): Promise<string> {
  const file = await RandomAccessFile.open(path);
  try {
    return (await addToHash(gitBlobHash(file.size), file)).digest('hex');
  } finally {
    await file.close();
  }
}

// A Git LFS pointer (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md) or a web page instead of a file.

/** A pointer is shorter than 200 bytes (the specification allows 1,024), and a page says so within its first words. */
export const HEAD_BYTES = 1024;

const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n/;
const PAGE = /^(?:\ufeff)?\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i;

interface Impostor {
  code: 'LFS_POINTER' | 'HTML_INSTEAD';
  /** Continues a sentence that begins with the location: `is …`. */
  says: string;
  hint: string;
}

/** @param head the first `HEAD_BYTES` of the file, or the whole file if it is shorter */
export function recogniseImpostor(head: Uint8Array): Impostor | null {
  const text = new TextDecoder().decode(head);
  if (POINTER.test(text)) {
    const hash = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
    const bytes = /^size (\d{1,15})$/m.exec(text)?.[1];
    const of = bytes === undefined ? 'a file' : `a file of ${Number(bytes).toLocaleString('en')} bytes`;
    return {
      code: 'LFS_POINTER',
      says: `is a Git LFS pointer to ${of}${hash ? ` (sha256 ${hash.slice(0, 8)}…)` : ''}, not the file itself`,
      hint: 'In a clone, "git lfs pull" fetches the files; over HTTP they are at media.githubusercontent.com/media, not at raw.githubusercontent.com.',
    };
  }
  if (PAGE.test(text)) {
    const title = /<title[^>]*>([^<]{1,120})/i.exec(text)?.[1]?.trim();
    return {
      code: 'HTML_INSTEAD',
      says: `is a web page${title ? ` ("${shown(title)}")` : ''}, not the file`,
      hint: 'A proxy or a sign-in page may have answered instead of the server; open the address in a browser to see.',
    };
  }
  return null;
}

/** @throws DownloadError `LFS_POINTER`, `HTML_INSTEAD`; FileError */
export async function refuseImpostor(path: string): Promise<void> {
  const file = await RandomAccessFile.open(path);
  let head: Uint8Array;
  try {
    head = await file.read(0, Math.min(HEAD_BYTES, file.size));
  } finally {
    await file.close();
  }
  const impostor = recogniseImpostor(head);
  if (impostor) throw new DownloadError(impostor.code, `${path}: ${impostor.says}`, { hint: impostor.hint });
}

/** @throws DownloadError `CACHE_FOLDER_MISSING`: a download of 100 MB needs a place, unlike a measurement */
export function downloadFolder(): string {
  const folder = cacheFolder();
  if (folder !== null) return folder;
  throw new DownloadError('CACHE_FOLDER_MISSING', 'this user has no home folder to keep a download in', {
    hint: 'Set IMAGE_DRIFT_CACHE to a folder.',
  });
}
