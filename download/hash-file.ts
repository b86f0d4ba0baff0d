import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { fileError } from '../files/index.js';

/** sha256 of a file of any size, in hex. @throws FileError */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError(path, error);
  }
  return hash.digest('hex');
}
