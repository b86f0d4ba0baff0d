/**
 * Allows one emulator per folder, by a file with the owner's process id. SQLite's own lock is a folder that outlives a
 * killed process (node-sqlite3-wasm makes it with mkdir). The owner of this file may remove that folder.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmulatorError } from '../emulator-error.js';

const NAME = 'emulator.pid';
/** Folders that this process has open. Distinguishes a second start in this process from a lock that a kill left. */
const openHere = new Set<string>();

/**
 * @returns a function that releases the folder
 * @throws EmulatorError `EMULATOR_FOLDER_IN_USE`, `EMULATOR_FOLDER`
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME);
  try {
    mkdirSync(folder, { recursive: true });
    const owner = ownerOf(path);
    if (owner !== null && (owner === process.pid ? openHere.has(folder) : isAlive(owner))) {
      throw new EmulatorError('EMULATOR_FOLDER_IN_USE', `${folder}: process ${owner} runs an emulator on it`, {
        hint: `Stop that one, give another folder, or remove ${path} if that process is not an emulator.`,
      });
    }
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    if (error instanceof EmulatorError) throw error;
    throw new EmulatorError('EMULATOR_FOLDER', `${folder}: ${(error as Error).message}`, { cause: error });
  }
  openHere.add(folder);
  return () => {
    openHere.delete(folder);
    rmSync(path, { force: true });
  };
}

function ownerOf(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
