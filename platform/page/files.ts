/**
 * A folder in memory: files that a user gave, as Blobs, which stay on the disk, and outputs, as bytes. A folder is
 * there while something is in it.
 */
import type { Entry, Listed, OpenFile, Output, Scratch } from '../platform.js';
import { dirname, resolve } from './paths.js';

interface Kept {
  content: Blob | Uint8Array;
  mtimeMs: number;
}

const files = new Map<string, Kept>();

/** Gives content a name. What had it is gone. */
export function putFile(path: string, content: Blob | Uint8Array, mtimeMs = Date.now()): void {
  files.set(resolve(path), { content, mtimeMs });
}

/** Replaces what is in a folder. @returns the one path that all files have in common: of a folder in it, or of the only file */
export function putFiles(
  folder: string,
  given: readonly { path: string; content: Blob | Uint8Array; modified?: number | undefined }[],
): string {
  remove(folder);
  for (const { path, content, modified } of given) putFile(resolve(folder, path), content, modified);
  const [top, ...others] = new Set(given.map(({ path }) => path.split('/')[0]!));
  return top === undefined || others.length > 0 ? folder : resolve(folder, top);
}

/** Removes a file, or a folder with all in it. */
export async function removeFile(path: string): Promise<void> {
  remove(path);
}

function remove(path: string): void {
  const own = resolve(path);
  for (const name of [...files.keys()]) if (name === own || name.startsWith(`${own}/`)) files.delete(name);
}

/** @throws as `openFile` */
export function contentOf(path: string): Blob | Uint8Array {
  return keptAt(path).content;
}

function systemError(code: string, path: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, path, syscall, errno: -1 });
}

function isFolder(path: string): boolean {
  const own = resolve(path);
  return own === '/' || [...files.keys()].some((name) => name.startsWith(`${own}/`));
}

function keptAt(path: string): Kept {
  const kept = files.get(resolve(path));
  if (kept !== undefined) return kept;
  throw systemError(isFolder(path) ? 'EISDIR' : 'ENOENT', path, 'open');
}

export function isThereNow(path: string): boolean {
  return files.has(resolve(path)) || isFolder(path);
}

export async function statOf(path: string): Promise<Entry> {
  const kept = files.get(resolve(path));
  if (kept !== undefined) return { kind: 'file', size: sizeOf(kept.content), mtimeMs: kept.mtimeMs };
  if (isFolder(path)) return { kind: 'folder', size: 0, mtimeMs: 0 };
  throw systemError('ENOENT', path, 'stat');
}

export async function entryAt(path: string): Promise<Entry | null> {
  return statOf(path).catch(() => null);
}

export async function identityOf(path: string): Promise<string> {
  await statOf(path);
  return resolve(path);
}

export async function realPath(path: string): Promise<string | null> {
  return isThereNow(path) ? resolve(path) : null;
}

export async function listFolder(path: string): Promise<Listed[]> {
  const own = resolve(path);
  if (!isFolder(own)) throw systemError(files.has(own) ? 'ENOTDIR' : 'ENOENT', path, 'scandir');
  const before = own === '/' ? own : `${own}/`;
  const found = new Map<string, Listed>();
  for (const file of files.keys()) {
    if (!file.startsWith(before)) continue;
    const [name = '', ...rest] = file.slice(before.length).split('/');
    found.set(name, { name, kind: rest.length > 0 ? 'folder' : 'file' });
  }
  return [...found.values()];
}

export async function* entriesIn(path: string): AsyncGenerator<Listed[], void, undefined> {
  yield await listFolder(path);
}

function sizeOf(content: Blob | Uint8Array): number {
  return content instanceof Blob ? content.size : content.byteLength;
}

async function readFrom(content: Blob | Uint8Array, into: Uint8Array, offset: number): Promise<number> {
  const end = Math.min(offset + into.byteLength, sizeOf(content));
  if (end <= offset) return 0;
  const bytes =
    content instanceof Blob
      ? new Uint8Array(await content.slice(offset, end).arrayBuffer())
      : content.subarray(offset, end);
  into.set(bytes);
  return bytes.length;
}

export async function openFile(path: string): Promise<OpenFile> {
  const { content, mtimeMs } = keptAt(path);
  return opened(content, mtimeMs);
}

function opened(content: Blob | Uint8Array, mtimeMs: number): OpenFile {
  const read = (bytes: Uint8Array, offset: number) => readFrom(content, bytes, offset);
  return { kind: 'file', size: sizeOf(content), mtimeMs, read, close: async () => {} };
}

export async function writeFile(path: string, data: Uint8Array | string): Promise<void> {
  putFile(path, typeof data === 'string' ? new TextEncoder().encode(data) : data.slice());
}

const LEAST_BYTES = 2 ** 16;

/** Bytes in memory that grow. */
class Growing implements Scratch {
  #bytes = new Uint8Array(LEAST_BYTES);
  #size = 0;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    const end = offset + bytes.byteLength;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, offset);
    this.#size = Math.max(this.#size, end);
  }

  read(bytes: Uint8Array, offset: number): Promise<number> {
    return readFrom(this.bytes, bytes, offset);
  }

  async clear(): Promise<void> {
    this.#size = 0;
  }

  async finish(): Promise<OpenFile> {
    return opened(this.bytes, Date.now());
  }

  async discard(): Promise<void> {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
  }
}

export async function createScratch(_within?: string): Promise<Scratch> {
  return new Growing();
}

export async function createOutput(path: string, _mode: number | null = null): Promise<Output> {
  if (isFolder(path)) throw systemError('EISDIR', path, 'open');
  const written = new Growing();
  return {
    write: (bytes, offset) => written.write(bytes, offset),
    finish: async () => {},
    commit: async () => putFile(path, written.bytes.slice()),
    discard: () => written.discard(),
  };
}

export async function checkOutput(path: string): Promise<string | null> {
  if (isFolder(path)) throw systemError('EISDIR', path, 'open');
  return null;
}

let folders = 0;

export async function createFolder<T>(
  path: string,
  _replaces: boolean,
  fill: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = resolve(dirname(path), `.${folders++}.partial`);
  try {
    const result = await fill(temporary);
    remove(path);
    for (const [name, { content, mtimeMs }] of [...files]) {
      if (name.startsWith(`${temporary}/`)) putFile(resolve(path) + name.slice(temporary.length), content, mtimeMs);
    }
    return result;
  } finally {
    remove(temporary);
  }
}
