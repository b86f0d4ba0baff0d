/**
 * Allows one emulator per folder, by a file with the owner's process id. SQLite's own lock is a folder that outlives a
 * killed process (node-sqlite3-wasm makes it with mkdir). The owner of this file may remove that folder.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type LockOwner, RunLock } from 'image-drift/files';
import { EmulatorError } from '../emulator-error.js';

/** @throws EmulatorError `EMULATOR_FOLDER_IN_USE`, `EMULATOR_FOLDER` */
export async function lockFolder(folder: string): Promise<RunLock> {
  const path = join(folder, 'emulator.lock');
  try {
    await mkdir(folder, { recursive: true });
    return await RunLock.take(path, { held: (owner) => inUse(folder, path, owner) });
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    throw new EmulatorError('EMULATOR_FOLDER', `${folder}: ${(error as Error).message}`, { cause: error });
  }
}

function inUse(folder: string, path: string, owner: LockOwner | null): EmulatorError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new EmulatorError('EMULATOR_FOLDER_IN_USE', `${folder}: ${who} runs an emulator on it`, {
    hint: `Stop that one, give another folder, or remove ${path} if that process is not an emulator.`,
  });
}
