/** Images on stdin: a list of paths, one a line or with a zero after each (`find -print0`), or a tar. */
import { Buffer } from 'node:buffer';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError, RandomAccessFile } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { type ArchiveImages, tarImages } from './archive.js';
import { isTar } from './tar.js';

export interface StdinOptions {
  /** What `-` is read from. Default: the process's stdin. */
  stdin?: AsyncIterable<Uint8Array> | undefined;
}

const HEAD_BYTES = 512;
/** A million paths of 256 bytes. */
const MAX_LIST_BYTES = 2 ** 28;
const WHERE = 'stdin';

export function isStdin(path: string): boolean {
  return path === '-';
}

/**
 * A tar is kept in a file without a name until it is closed, because its images are read in the order of their keys.
 * @throws DataError `IMAGES_NONE`, `STDIN_LIST`; what a tar throws
 */
export async function readStdin({
  stdin = process.stdin,
}: StdinOptions): Promise<{ paths: string[] } | { tar: ArchiveImages }> {
  const chunks = stdin[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < HEAD_BYTES) {
    const { done, value } = await chunks.next();
    if (done) break;
    head.push(value);
    bytes += value.byteLength;
  }
  const begun = Buffer.concat(head);
  return isTar(begun) ? { tar: await spooledTar(begun, chunks) } : { paths: await readList(begun, chunks) };
}

async function readList(begun: Buffer, chunks: AsyncIterator<Uint8Array>): Promise<string[]> {
  const parts: Uint8Array[] = [begun];
  let bytes = begun.byteLength;
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
    parts.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_LIST_BYTES) {
      throw new DataError('STDIN_LIST', `${WHERE}: more than ${MAX_LIST_BYTES.toLocaleString('en')} bytes of paths`);
    }
  }
  const text = decoded(Buffer.concat(parts));
  const paths = text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((path) => path !== '');
  if (paths.length === 0) throw new DataError('IMAGES_NONE', `${WHERE}: no paths`);
  return paths;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError('STDIN_LIST', `${WHERE}: neither a tar nor a list of paths in UTF-8`, { cause: error });
  }
}

async function spooledTar(begun: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<ArchiveImages> {
  const folder = await mkdtemp(join(tmpdir(), 'image-drift-'));
  const path = join(folder, WHERE);
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await writeAll(path, begun, chunks);
    const file = await RandomAccessFile.open(path);
    // Open, it needs no name: nothing is left of it, however this process ends.
    await remove();
    try {
      return { ...(await tarImages(file, path)), where: WHERE };
    } catch (error) {
      await file.close();
      throw error;
    }
  } finally {
    await remove();
  }
}

async function writeAll(path: string, begun: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(begun);
    for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) await handle.writeFile(chunk);
  } catch (error) {
    throw fileError(path, error);
  } finally {
    await handle.close();
  }
}
