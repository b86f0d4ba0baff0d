/** What the bytes of a file must hash to, in the two ways in which servers say it. */
import { createHash, type Hash } from 'node:crypto';
import { addToHash, RandomAccessFile } from '../index.js';

/** One of the two, in lower-case hex. */
export type Checksum =
  | { sha256: string; gitBlob?: undefined }
  /** The id that Git gives a file: sha1 of `blob LENGTH`, a zero byte and the content. */
  | { gitBlob: string; sha256?: undefined };

/** The name of the hash, for messages. */
export function hashName({ sha256 }: Checksum): string {
  return sha256 === undefined ? 'Git id' : 'sha256';
}

/** What the file should hash to. */
export function expectedHash(checksum: Checksum): string {
  return checksum.sha256 ?? checksum.gitBlob;
}

/** What the file does hash to, by the hash of `checksum`. @throws FileError */
export async function hashOfFile(path: string, { sha256 }: Checksum): Promise<string> {
  return sha256 === undefined ? digest(path, gitBlobHash) : sha256OfFile(path);
}

/** sha256 of a file of any size, in hex. @throws FileError */
export async function sha256OfFile(path: string): Promise<string> {
  return digest(path, () => createHash('sha256'));
}

function gitBlobHash(bytes: number): Hash {
  return createHash('sha1').update(`blob ${bytes}\0`);
}

/** @param begin the hash before the first byte of a file of this length */
async function digest(path: string, begin: (bytes: number) => Hash): Promise<string> {
  const file = await RandomAccessFile.open(path);
  try {
    return (await addToHash(begin(file.size), file)).digest('hex');
  } finally {
    await file.close();
  }
}
