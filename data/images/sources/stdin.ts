/** Images on stdin: a list of paths, one a line or with a zero after each (`find -print0`), or a tar. */
import { type Bytes, concat, standardInput } from '#platform';
import { type RandomAccess, UnnamedFile } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { refuseCompressed, tarPiece } from './archive.js';
import type { Piece } from './build-listing.js';
import { isTar } from './tar.js';

export interface StdinOptions {
  /** What `-` (or `/dev/stdin`) is read from. Default: the process's stdin. */
  stdin?: AsyncIterable<Uint8Array> | undefined;
}

const HEAD_BYTES = 512;
/** A million paths of 256 bytes. */
const MAX_LIST_BYTES = 2 ** 28;
const WHERE = 'stdin';

export function isStdin(path: string): boolean {
  return path === '-' || path === '/dev/stdin';
}

/**
 * A tar is kept in a file without a name until it is closed, because its images are read in the order of their keys.
 * @throws DataError `IMAGES_NONE`, `STDIN_LIST`, `ARCHIVE_COMPRESSED`; what a tar throws
 */
export async function readStdin({
  stdin = standardInput(),
}: StdinOptions): Promise<{ paths: string[] } | { tar: Piece }> {
  const chunks = stdin[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < HEAD_BYTES) {
    const { done, value } = await chunks.next();
    if (done) break;
    head.push(value);
    bytes += value.byteLength;
  }
  const begun = concat(head);
  if (!isTar(begun)) refuseCompressed(begun, WHERE);
  return isTar(begun) ? { tar: await spooledTar(begun, chunks) } : { paths: await readList(begun, chunks) };
}

async function readList(begun: Bytes, chunks: AsyncIterator<Uint8Array>): Promise<string[]> {
  const parts: Uint8Array[] = [begun];
  let bytes = begun.byteLength;
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
    parts.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > MAX_LIST_BYTES) {
      throw new DataError('STDIN_LIST', `${WHERE}: more than ${MAX_LIST_BYTES.toLocaleString('en')} bytes of paths`);
    }
  }
  const text = decoded(concat(parts));
  const paths = text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((path) => path !== '');
  if (paths.length === 0) throw new DataError('IMAGES_NONE', `${WHERE}: no paths`);
  return paths;
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError('STDIN_LIST', `${WHERE}: neither a tar nor a list of paths in UTF-8`, {
      hint: 'Paths one a line, or a tar. Give other files by their names: image-drift embed photos.zip',
      cause: error,
    });
  }
}

async function spooledTar(begun: Uint8Array, chunks: AsyncIterator<Uint8Array>): Promise<Piece> {
  const spool = await UnnamedFile.create(WHERE);
  let file: RandomAccess;
  try {
    await spool.add(begun);
    for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) await spool.add(chunk);
    file = await spool.finish(null);
  } finally {
    await spool.discard();
  }
  return tarPiece(file);
}
