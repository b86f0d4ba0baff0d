/** A folder for scratch files, in the system's folder for temporary files or in another one. It is removed when the process exits, unless by `kill -9`. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trackUnfinished, untrackUnfinished } from './unfinished.js';

/** Without a wait between making and tracking it: a signal there would leave it behind. */
export function makeScratchFolder(prefix: string, within = tmpdir()): string {
  const folder = mkdtempSync(join(within, prefix));
  trackUnfinished(folder);
  return folder;
}

export async function removeScratchFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  untrackUnfinished(folder);
}
