/** Size and sha256 of a file, read as a stream. */
import { createHash } from 'node:crypto';
import type { RandomAccess } from '../../files/index.js';

export interface FileSum {
  bytes: number;
  sha256: string;
}

const CHUNK = 2 ** 22;

/** @param file is closed */
export async function sumOf(file: RandomAccess): Promise<FileSum> {
  try {
    const hash = createHash('sha256');
    for (let at = 0; at < file.size; at += CHUNK) hash.update(await file.read(at, Math.min(CHUNK, file.size - at)));
    return { bytes: file.size, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
