/**
 * The search for kernels in a process of its own. A switch of V8, or a kernel, may crash on some Node. Then it crashes
 * that process, not the user's, and the search is repeated without switches.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ModuleChoice } from '../builds/modules.js';
import { isPlainNode } from '../builds/v8-flags.js';
import { isRemembered, type Remembered } from './remembered.js';

const SCRIPT = fileURLToPath(new URL('./search-process.js', import.meta.url));
/**
 * A search takes a quarter of a second, seconds on a busy machine. After this it counts as hanging, and the next one gets
 * no switches, which may mean another build and other last bits. So the limit is far from what a slow machine needs.
 */
const MAX_MS = 120_000;

/** First with the switches that V8 knows, then without. */
const TRIES = [[], ['--no-switches']] as const;

/**
 * Null if no process can be started, or if it crashed each time. Never rejects.
 *
 * @param script the script that the process runs; tests pass another one
 */
export async function searchApart(choice: ModuleChoice, script = SCRIPT): Promise<Remembered | null> {
  if (!(await isPlainNode())) return null;
  for (const args of TRIES) {
    const found = await searchOnce([script, choice, ...args]);
    if (found !== null) return found;
  }
  return null;
}

function searchOnce(args: readonly string[]): Promise<Remembered | null> {
  return new Promise((resolve) => {
    try {
      const all = [...process.execArgv.filter(isForV8), ...args];
      execFile(
        process.execPath,
        all,
        { timeout: MAX_MS, killSignal: 'SIGKILL', windowsHide: true },
        (error, stdout) => {
          resolve(error ? null : parse(stdout));
        },
      );
    } catch {
      // Node's permission model forbids other processes.
      resolve(null);
    }
  });
}

/**
 * Whether an argument affects how kernels are compiled. A debugger's port, a loader or a script given as text does not.
 */
function isForV8(argument: string): boolean {
  return /^--(no-)?(experimental-)?(wasm|liftoff|turbo|enable-|jitless|harmony)/.test(argument);
}

function parse(text: string): Remembered | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && isRemembered(value) ? value : null;
  } catch {
    return null;
  }
}
