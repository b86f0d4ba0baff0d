/**
 * The search for kernels in a process of its own. A switch of V8, or a kernel, that ends a process on some Node then ends
 * that one, and not the user's; the search is repeated without switches.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isPlainNode } from '../builds/v8-flags.js';
import { isRemembered, type Remembered } from './remembered.js';

const SCRIPT = fileURLToPath(new URL('./search-process.js', import.meta.url));
/** A search takes a quarter of a second; a busy machine is slower. */
const MAX_MS = 20_000;

/** With the switches that V8 knows, then with none. */
const TRIES: readonly string[][] = [[], ['--no-switches']];

/**
 * Null where no process can be started, or where it ended each time. Never rejects.
 *
 * @param script what the process runs; another one in tests
 */
export async function searchApart(script = SCRIPT): Promise<Remembered | null> {
  if (!(await isPlainNode())) return null;
  for (const args of TRIES) {
    const found = await searchOnce([script, ...args]);
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

/** What decides how kernels are compiled; not a debugger's port, a loader or a script given as text. */
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
