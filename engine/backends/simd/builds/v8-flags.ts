/**
 * Switches of V8, set while the process runs. They hold for the whole process, but only for WebAssembly that is compiled
 * while they are set: so they are set, our kernels compiled, and put back.
 *
 * V8 prints to stderr when it is given a switch that it does not know, and which ones it knows differs by version. So it is
 * asked first: `node --v8-options` lists them all without starting JavaScript (some 40 ms). If the executable is not a Node
 * that can be asked, none is set.
 */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Far above the 100 kB of the list. */
const MAX_BYTES = 4 * 2 ** 20;
/** For a system so busy that a process needs seconds to start. */
const MAX_MS = 5000;

/** The switches that may be set here, without the dashes, and what to. */
const WANTED = {
  'experimental-wasm-relaxed-simd': true,
  'experimental-wasm-revectorize': true,
  // The quick compiler would only be in the way: the optimising one is wanted at once.
  liftoff: false,
  'wasm-lazy-compilation': false,
  // From V8 14.1 on inlining reads what the quick compiler would have noted, and without it ends the process.
  'wasm-inlining': false,
} as const;

export type Flag = keyof typeof WANTED;

export const OUR_FLAGS = Object.keys(WANTED) as readonly Flag[];

/** Never rejects: where V8 cannot be asked it is said to know none. */
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
 * Which of ours are in V8's list, and not as wanted by default: `  --name (what it does)`, then
 * `type: bool  default: --no-name`.
 */
export function listed(list: string): ReadonlySet<Flag> {
  const entries = list.matchAll(/^\s+--([a-z0-9-]+) \([^\n]*\n\s+type: bool\s+default: --(no-)?\1$/gm);
  const defaults = new Map([...entries].map(([, name, no]) => [name, no === undefined]));
  return new Set(OUR_FLAGS.filter((flag) => defaults.get(flag) === !WANTED[flag]));
}

/** As wanted here. */
export function setFlag(flag: Flag): void {
  set(flag, WANTED[flag]);
}

/** As it is by default. */
export function unsetFlag(flag: Flag): void {
  set(flag, !WANTED[flag]);
}

function set(flag: Flag, on: boolean): void {
  setFlagsFromString(`--${on ? '' : 'no-'}${flag}`);
}

/** Whether the executable takes Node's own arguments: not Electron, Bun or Deno, nor a program packed with its Node. */
export async function isPlainNode(): Promise<boolean> {
  const { versions, release, execPath } = process;
  const others = ['electron', 'bun', 'deno', 'nw'].some((name) => versions[name] !== undefined);
  if (others || release.name !== 'node' || !/^node(js)?(\.exe)?$/i.test(basename(execPath))) return false;
  const sea = await import('node:sea').catch(() => null);
  return sea?.isSea() !== true;
}
