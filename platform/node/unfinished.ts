/**
 * Temporary outputs without their final name. They are removed when the process exits, also by an error or Ctrl-C;
 * `kill -9` leaves `*.partial`, which the next run with the same output removes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const SUFFIX = '.partial';
/**
 * What process numbers are unique in: this boot of the system, and the namespace of a container. Two containers may
 * share a host name and numbers. Null where the system does not say.
 */
export const PROCESS_PLACE = processPlace();
const HOST = createHash('sha256')
  .update(PROCESS_PLACE ?? hostname())
  .digest('hex')
  .slice(0, 8);
/** Where the place is not known, another machine may have this host name: only time tells that its process has ended. */
const LEFT_ALONE_MS = PROCESS_PLACE === null ? 86_400_000 : 60_000;

/** A write that is under way may put a file into a folder while the folder is removed. */
const MAX_RETRIES = 3;

const unfinished = new Set<string>();
let watching = false;

/** Beside `path`, as a rename stays within one file system; names the process, and cannot be predicted. */
export function temporaryName(path: string): string {
  const maker = `${HOST}-${process.pid}`;
  return join(dirname(path), `.${basename(path)}.${maker}.${randomBytes(6).toString('hex')}${SUFFIX}`);
}

/** Removes files beside `path` that dead processes have left. Errors are ignored, so the output is not affected. */
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
  for (const path of unfinished) rmSync(path, { recursive: true, force: true, maxRetries: MAX_RETRIES });
  unfinished.clear();
}

function isRunning(pid: number): boolean {
  return !Number.isSafeInteger(pid) || pid <= 0 || isAlive(pid);
}

function processPlace(): string | null {
  try {
    // A /proc of another namespace counts otherwise.
    if (Number.parseInt(readFileSync('/proc/self/stat', 'utf8'), 10) !== process.pid) return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** Whether there is such a process; a number that an ended one has left may be another's. */
export function isAlive(pid: number): boolean {
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
