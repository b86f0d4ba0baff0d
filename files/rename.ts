/**
 * Renames a file, and tries again after a pause if another program holds it. On Windows, virus scanners and indexers
 * open new files for some milliseconds.
 */
import { rename } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

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
  return move(from, to);
}
