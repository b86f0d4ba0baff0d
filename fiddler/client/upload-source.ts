/** What is uploaded: a file, or bytes in memory. Read piece by piece, so that a large file is never held whole. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { FiddlerError } from './fiddler-error.js';

export type UploadSource = { path: string } | { bytes: Uint8Array };

export interface OpenSource {
  /** For messages. */
  name: string;
  size: number;
  /** @throws FiddlerError `FILE_CHANGED` */
  read(position: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @throws FiddlerError `FILE_UNREADABLE` */
export async function openSource(source: UploadSource, filename: string): Promise<OpenSource> {
  if ('bytes' in source) {
    const { bytes } = source;
    return {
      name: filename,
      size: bytes.length,
      read: async (position, target) => target.set(bytes.subarray(position, position + target.length)),
      close: async () => {},
    };
  }
  const { path } = source;
  const { handle, size } = await openFile(path);
  return { name: path, size, read: (at, target) => readFully(handle, path, at, target), close: () => handle.close() };
}

async function openFile(path: string): Promise<{ handle: FileHandle; size: number }> {
  let handle: FileHandle | null = null;
  try {
    // At once: a pipe without a writer would keep it waiting for ever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error('it is not a file');
    return { handle, size: stat.size };
  } catch (error) {
    await handle?.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new FiddlerError('FILE_UNREADABLE', `${path}: cannot be read: ${why}`, { permanent: true });
  }
}

async function readFully(handle: FileHandle, path: string, position: number, target: Uint8Array): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) {
      const end = (position + done).toLocaleString('en');
      const wanted = (position + target.length).toLocaleString('en');
      const message = `${path}: ends at byte ${end}, it had at least ${wanted} when the upload began`;
      throw new FiddlerError('FILE_CHANGED', message, { permanent: true, hint: 'Upload it when nothing writes it.' });
    }
    done += bytesRead;
  }
}
