/**
 * Temporary outputs that are not under their final name yet. Whatever ends the process by `exit` (an error, or the
 * command line's handler for Ctrl-C) removes them. After a kill -9 they stay behind as `*.partial`, never as a result, and
 * the next run that makes the same output removes them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const SUFFIX = '.partial';
/** Other machines, and other containers, have process numbers of their own. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
/** A number may be another machine's of the same name: what was written to lately is left alone. */
const LEFT_ALONE_MS = 60_000;

const unfinished = new Set<string>();
let watching = false;

/**
 * A fresh name beside `path`, in the same folder so that the final rename stays within one file system. It names its
 * maker, and nobody can foresee it.
 */
export function temporaryName(path: string): string {
  const maker = `${HOST}-${process.pid}`;
  return join(dirname(path), `.${basename(path)}.${maker}.${randomBytes(6).toString('hex')}${SUFFIX}`);
}

/** Removes what processes that are gone have left beside `path`. Whatever goes wrong, the output itself does not suffer. */
export async function removeAbandoned(path: string): Promise<void> {
  const begin = `.${basename(path)}.${HOST}-`;
  const names = await readdir(dirname(path)).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(begin) || !name.endsWith(SUFFIX)) continue;
    const [maker = ''] = name.slice(begin.length).split('.');
    const temporary = join(dirname(path), name);
    if (isRunning(Number(maker)) || !(await isOld(temporary))) continue;
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

export function trackUnfinished(temporary: string): void {
  if (!watching) {
    watching = true;
    process.on('exit', removeUnfinished);
  }
  unfinished.add(temporary);
}

export function untrackUnfinished(temporary: string): void {
  unfinished.delete(temporary);
}

function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true });
  unfinished.clear();
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > LEFT_ALONE_MS;
}
