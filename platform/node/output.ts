/** Files and folders that appear whole or not at all: written under another name, synced, then renamed. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import {
  access,
  chmod,
  constants,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Output } from '../platform.js';
import { refused, writeAt } from './files.js';
import { removeAbandoned, temporaryName, trackUnfinished, untrackUnfinished } from './unfinished.js';

class NodeOutput implements Output {
  /** The file to replace: the path, or the target of a link there. */
  readonly #target: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  #isOpen = true;

  constructor(target: string, temporary: string, handle: FileHandle) {
    this.#target = target;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return writeAt(this.#handle, bytes, offset);
  }

  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#close();
  }

  async commit(): Promise<void> {
    await renamePatiently(this.#temporary, this.#target);
    untrackUnfinished(this.#temporary);
    // What a run that was killed has left was too young to be removed when this file was created.
    await removeAbandoned(this.#target);
  }

  /** Has no effect after `commit`. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#temporary, { force: true });
    untrackUnfinished(this.#temporary);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }
}

/**
 * Until `commit`, `path` does not change. The new file keeps the mode of the old one, unless one is given; a link
 * stays, and its target is replaced.
 */
export async function createOutput(path: string, givenMode: number | null = null): Promise<Output> {
  const { target, mode: found } = await findTarget(path);
  const mode = givenMode ?? found;
  await removeAbandoned(target);
  const temporary = temporaryName(target);
  try {
    // Without a wait between the two: a signal there would leave the file behind.
    trackUnfinished(temporary);
    closeSync(openSync(temporary, 'wx'));
    const handle = await open(temporary, 'r+');
    if (mode !== null) await handle.chmod(mode);
    return new NodeOutput(target, temporary, handle);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    untrackUnfinished(temporary);
    throw error;
  }
}

interface OutputTarget {
  target: string;
  mode: number | null;
}

async function findTarget(path: string): Promise<OutputTarget> {
  const found = await stat(path).catch(() => null);
  if (found === null) return { target: await linkedTo(path), mode: null };
  if (!found.isFile()) throw refused(found, path);
  return { target: await realpath(path), mode: found.mode & 0o7777 };
}

async function linkedTo(path: string): Promise<string> {
  const isLink = (await lstat(path).catch(() => null))?.isSymbolicLink() ?? false;
  return isLink ? resolve(dirname(path), await readlink(path)) : path;
}

/** Whether a file can be made there. @returns its folder, if that is missing; else null */
export async function checkOutput(path: string): Promise<string | null> {
  const { target } = await findTarget(path);
  try {
    await access(dirname(resolve(target)), constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return dirname(target);
  }
}

/**
 * Creates the folder `path` and its parents. `fill` writes into a temporary folder beside it.
 * @param replaces whether there is a folder, which this takes the place of
 */
export async function createFolder<T>(
  path: string,
  replaces: boolean,
  fill: (temporary: string) => Promise<T>,
  remove = removeFolder,
): Promise<T> {
  // A link stays a link: its target is replaced.
  const target = replaces ? await realpath(path) : path;
  const temporary = temporaryName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeAbandoned(target);
    // Without a wait between the two: a signal there would leave the folder behind.
    trackUnfinished(temporary);
    mkdirSync(temporary);
    const result = await fill(temporary);
    if (replaces) await swap(temporary, target, remove);
    else await renamePatiently(temporary, target);
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    untrackUnfinished(temporary);
  }
}

/** Swaps the folders with two renames. The old folder is restored if the second rename fails. */
async function swap(temporary: string, path: string, remove: typeof removeFolder): Promise<void> {
  const old = temporaryName(path);
  await chmod(temporary, (await stat(path)).mode & 0o7777);
  await renamePatiently(path, old);
  try {
    await renamePatiently(temporary, path);
  } catch (error) {
    await renamePatiently(old, path);
    throw error;
  }
  // A viewer may have a file of it open, which Windows then does not remove. The next run with this output does.
  await remove(old).catch(() => undefined);
}

function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true });
}

/** On Windows, virus scanners and indexers hold new files for some milliseconds. */
const PAUSES_MS = [10, 30, 100, 300, 1_000];
const HELD: readonly unknown[] = ['EBUSY', 'EPERM', 'EACCES'];

export async function renamePatiently(
  from: string,
  to: string,
  { isHeld = process.platform === 'win32', move = rename } = {},
): Promise<void> {
  for (const wait of isHeld ? PAUSES_MS : []) {
    try {
      return await move(from, to);
    } catch (error) {
      if (!HELD.includes((error as NodeJS.ErrnoException).code)) throw error;
      await pause(wait);
    }
  }
  return move(from, to).catch((error: NodeJS.ErrnoException) => {
    throw isHeld && error.code === 'EPERM' ? Object.assign(error, { code: 'HELD_OPEN' }) : error;
  });
}
