/** A run in a folder that all machines share: a disk, NFS, Lustre. */
import type { Stats } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  FileError,
  fileError,
  makeScratchFolder,
  type RandomAccess,
  RandomAccessFile,
  readSmallFile,
  removeScratchFolder,
  writeFileAtomically,
} from '../../files/system/index.js';
import { ATTEMPTS, type Attempt, attemptOf, type BegunAttempt, isLeft, type RunPlace } from './run-place.js';

const STATS_AT_ONCE = 64;
/** File systems that know no hard links say so in one of these ways. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

export class LocalPlace implements RunPlace {
  constructor(readonly run: string) {}

  pathOf(name: string): string {
    return join(this.run, name);
  }

  async read(name: string, most: number): Promise<Uint8Array | null> {
    try {
      return await readSmallFile(this.pathOf(name), most);
    } catch (error) {
      if (error instanceof FileError && error.code === 'FILE_NOT_FOUND') return null;
      throw error;
    }
  }

  open(name: string): Promise<RandomAccess> {
    return RandomAccessFile.open(this.pathOf(name));
  }

  async list(folder: string): Promise<ReadonlyMap<string, number>> {
    const names = (await namesIn(this.pathOf(folder))).filter((name) => !name.startsWith('.'));
    const sizes = new Map<string, number>();
    for (let first = 0; first < names.length; first += STATS_AT_ONCE) {
      const some = names.slice(first, first + STATS_AT_ONCE);
      const found = await Promise.all(some.map((name) => this.size(`${folder}/${name}`)));
      for (const [i, bytes] of found.entries()) if (bytes !== null) sizes.set(some[i]!, bytes);
    }
    return sizes;
  }

  async size(name: string): Promise<number | null> {
    const found = await stat(this.pathOf(name)).catch(() => null);
    return found?.isFile() ? found.size : null;
  }

  async create(name: string, made: string): Promise<boolean> {
    const path = this.pathOf(name);
    try {
      await mkdir(dirname(path), { recursive: true });
      const isFirst = await linked(made, path);
      await rm(made, { force: true });
      return isFirst;
    } catch (error) {
      throw fileError(path, error);
    }
  }

  async createText(name: string, text: string): Promise<boolean> {
    const attempt = await this.begin('text');
    try {
      const made = join(attempt.folder, 'text');
      await writeFile(made, text, { flush: true }).catch((error: unknown) => {
        // The folder of the attempt is gone when this is read.
        throw fileError(this.pathOf(name), error);
      });
      return await this.create(name, made);
    } finally {
      await attempt.end();
    }
  }

  async writeText(name: string, text: string): Promise<void> {
    const path = this.pathOf(name);
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw fileError(path, error);
    });
    await writeFileAtomically(path, (file) => file.write(Buffer.from(text)));
  }

  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  /** In the run's folder: a file gets its name by a link, which does not reach another disk. */
  async begin(attempt: string): Promise<Attempt> {
    const attempts = this.pathOf(ATTEMPTS);
    try {
      await mkdir(attempts, { recursive: true });
      const folder = makeScratchFolder(`${attempt}-`, attempts);
      return { folder, end: () => removeScratchFolder(folder) };
    } catch (error) {
      throw fileError(attempts, error);
    }
  }

  async attempts(): Promise<readonly BegunAttempt[]> {
    const begun: BegunAttempt[] = [];
    for (const unique of await namesIn(this.pathOf(ATTEMPTS))) {
      const found = await stat(join(this.pathOf(ATTEMPTS), unique)).catch(() => null);
      const name = attemptOf(unique);
      if (found !== null && name !== null) begun.push({ name, began: beganAt(found) });
    }
    return begun;
  }

  async removeAttempts(attempt?: string): Promise<void> {
    for (const name of await namesIn(this.pathOf(ATTEMPTS))) {
      if (isLeft(attemptOf(name), attempt))
        await rm(join(this.pathOf(ATTEMPTS), name), { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {}
}

/** Some network drives do not say when a folder was made. It was last changed when a file in it was begun. */
function beganAt({ birthtimeMs, mtimeMs }: Pick<Stats, 'birthtimeMs' | 'mtimeMs'>): number {
  return birthtimeMs > 0 ? birthtimeMs : mtimeMs;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(folder, error);
  }
}

/** @returns false where there is a file of that name */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  }
  // Without links a second task may replace a file by its own, which has the same bytes.
  if ((await stat(to).catch(() => null)) !== null) return false;
  await rename(from, to);
  return true;
}
