/**
 * Recognises text that arrives under a file's name instead of the file: a Git LFS pointer or a web page.
 *
 * Git LFS pointer files: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
import { shown } from '../../base/index.js';
import { RandomAccessFile } from '../index.js';
import { DownloadError } from './download-error.js';

/** A pointer is shorter than 200 bytes (the specification allows 1,024), and a page says so within its first words. */
export const HEAD_BYTES = 1024;

const POINTER = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n/;
const PAGE = /^(?:\ufeff)?\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i;

export interface Impostor {
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

/**
 * For a file that a user has given.
 * @throws DownloadError `LFS_POINTER`, `HTML_INSTEAD`; FileError
 */
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
