/** Small files of the user's cache folder, read and written without a wait. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { READ_AT_ONCE, refused } from './files.js';
import { temporaryName } from './unfinished.js';

/** UTF-8. @throws RangeError, with its `size`, for a file of more than `most` bytes */
export function readNow(path: string, most: number): string {
  const handle = openSync(path, READ_AT_ONCE);
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw refused(stats, path);
    if (stats.size > most) throw Object.assign(new RangeError(`${path} is too large`), { size: stats.size });
    const bytes = Buffer.alloc(stats.size);
    return bytes.toString('utf8', 0, readAll(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

function readAll(handle: number, bytes: Buffer): number {
  let done = 0;
  while (done < bytes.length) {
    const read = readSync(handle, bytes, done, bytes.length - done, done);
    if (read === 0) break;
    done += read;
  }
  return done;
}

/** Writes under an unpredictable name, and never through a link that someone else has placed there. */
export function replaceNow(file: string, text: string): void {
  const partial = temporaryName(file);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(partial, text, { flag: 'wx', mode: 0o600 });
    renameSync(partial, file);
  } finally {
    rmSync(partial, { force: true });
  }
}

/**
 * Where files go that can be measured or downloaded again: `IMAGE_DRIFT_CACHE`, or the system's cache folder by the XDG
 * Base Directory Specification 0.8 (which ignores a relative `XDG_CACHE_HOME`), Apple's or Microsoft's rules. Null for
 * a user without a home folder, which is common in containers.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string | null {
  const own = env['IMAGE_DRIFT_CACHE'];
  if (own) return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg && isAbsolute(xdg)) return join(xdg, 'image-drift');
  const local = env['LOCALAPPDATA'];
  if (platform === 'win32' && local) return join(local, 'image-drift', 'cache');
  const home = homeFolder();
  if (home === null) return null;
  if (platform === 'win32') return join(home, 'AppData', 'Local', 'image-drift', 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'image-drift');
  return join(home, '.cache', 'image-drift');
}

function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    // HOME is not set, and the user database has no entry for this user id.
    return null;
  }
}
