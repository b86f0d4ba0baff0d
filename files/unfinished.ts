/**
 * Temporary outputs that are not under their final name yet. Whatever ends the process by `exit` (an error, or the
 * command line's handler for Ctrl-C) removes them; after a kill -9 they stay behind as `*.partial`, never as a result.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const unfinished = new Set<string>();
let watching = false;

/** A fresh name beside `path`, in the same folder so that the final rename stays within one file system. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.partial`);
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
