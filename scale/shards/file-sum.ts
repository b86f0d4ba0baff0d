/** Size and sha256 of a file, read as a stream. */
import { createHash } from 'node:crypto';
import { addToHash, type RandomAccess } from '../../files/index.js';

export interface FileSum {
  bytes: number;
  sha256: string;
}

/** @param file is closed */
export async function sumOf(file: RandomAccess): Promise<FileSum> {
  try {
    return { bytes: file.size, sha256: (await addToHash(createHash('sha256'), file)).digest('hex') };
  } finally {
    await file.close();
  }
}
