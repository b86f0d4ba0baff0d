/** Hashes of files of any size, on a disk or on a server. */
import type { Hash } from 'node:crypto';
import type { RandomAccess } from './random-access.js';

/** Bytes of a file that are in memory at once. */
const CHUNK_BYTES = 4 * 2 ** 20;

/** Adds all bytes of a file to a hash. @returns the hash @throws as `file.read` */
export async function addToHash(hash: Hash, file: RandomAccess): Promise<Hash> {
  for (let at = 0; at < file.size; at += CHUNK_BYTES) {
    hash.update(await file.read(at, Math.min(CHUNK_BYTES, file.size - at)));
  }
  return hash;
}
