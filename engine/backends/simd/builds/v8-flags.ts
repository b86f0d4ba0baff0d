/**
 * Switches of V8, set while the process runs. They hold for the whole process, but only for WebAssembly that is
 * compiled while they are set. So they are set, our kernels are compiled, and they are restored.
 *
 * V8 prints to stderr when it gets a switch that it does not know, and its switches differ by version. So `node
 * --v8-options` is asked first: it lists them all without starting JavaScript (some 40 ms). If the executable is not a
 * Node that can be asked, no switch is set.
 */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Far more than the 100 kB of the list. */
const MAX_BYTES = 4 * 2 ** 20;
/** Far more than a busy system needs: without an answer, other kernels are chosen, with other last bits. */
const MAX_MS = 60_000;

/** The switches that may be set here, without the dashes, and their values. */
const WANTED = {
  'experimental-wasm-relaxed-simd': true,
  'experimental-wasm-revectorize': true,
  // The optimising compiler should compile directly, without the quick compiler first.
  liftoff: false,
  'wasm-lazy-compilation': false,
  // From V8 14.1 on, inlining reads notes of the quick compiler. Without them it ends the process.
  'wasm-inlining': false,
} as const;

export type Flag = keyof typeof WANTED;

export const OUR_FLAGS = Object.keys(WANTED) as readonly Flag[];

/** Never rejects: if V8 cannot be asked, the set is empty. */
export async function knownFlags(): Promise<ReadonlySet<Flag>> {
  if (!(await isPlainNode())) return new Set();
  return new Promise((resolve) => {
    const options = {
      maxBuffer: MAX_BYTES,
      timeout: MAX_MS,
      windowsHide: true,
      env: { ...process.env, NODE_OPTIONS: '' },
    };
    try {
      execFile(process.execPath, ['--v8-options'], options, (error, stdout) => {
        resolve(error ? new Set() : listed(stdout));
      });
    } catch {
      // Node's permission model forbids other processes.
      resolve(new Set());
    }
  });
}

/**
 * Our switches that are in V8's list and whose default is not the wanted value. An entry is ` --name (what it does)`,
 * then `type: bool default: --no-name`.
 */
export function listed(list: string): ReadonlySet<Flag> {
  const entries = list.matchAll(/^\s+--([a-z0-9-]+) \([^\n]*\n\s+type: bool\s+default: --(no-)?\1$/gm);
  const defaults = new Map([...entries].map(([, name, no]) => [name, no === undefined]));
  return new Set(OUR_FLAGS.filter((flag) => defaults.get(flag) === !WANTED[flag]));
}

/** Sets the switch to the wanted value. */
export function setFlag(flag: Flag): void {
  set(flag, WANTED[flag]);
}

/** Sets the switch to its default. */
export function unsetFlag(flag: Flag): void {
  set(flag, !WANTED[flag]);
}

function set(flag: Flag, on: boolean): void {
  setFlagsFromString(`--${on ? '' : 'no-'}${flag}`);
}

/**
 * Whether the executable takes Node's own arguments. Electron, Bun, Deno and programs packed with their Node do not.
 */
export async function isPlainNode(): Promise<boolean> {
  const { versions, release, execPath } = process;
  const others = ['electron', 'bun', 'deno', 'nw'].some((name) => versions[name] !== undefined);
  if (others || release.name !== 'node' || !/^node(js)?(\.exe)?$/i.test(basename(execPath))) return false;
  const sea = await import('node:sea').catch(() => null);
  return sea?.isSea() !== true;
}
