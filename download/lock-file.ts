/** Allows one process at a time. The lock file names its process, and is void once that process is gone. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileError } from '../files/index.js';
import { DownloadError } from './download-error.js';

/**
 * @returns a function that releases the lock, harmless when called twice
 * @throws DownloadError `DOWNLOAD_UNDER_WAY`; FileError
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  // The second try follows the removal of a dead process's lock. The fastest process then gets the lock.
  for (const lastTry of [false, true]) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(path, error);
      const holder = Number(await readFile(path, 'utf8').catch(() => ''));
      if (lastTry || isRunning(holder)) {
        throw new DownloadError('DOWNLOAD_UNDER_WAY', `${path}: process ${holder} is downloading this file`, {
          hint: 'Wait until it has ended and run this again: the file is there then.',
          mayRetry: true,
        });
      }
      await rm(path, { force: true });
    }
  }
  throw new Error('unreachable');
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
