/**
 * Switches of V8, set while the process runs. They hold for the whole process, but only for WebAssembly that is compiled
 * while they are set: so they are set, our kernels compiled, and put back.
 *
 * V8 prints to stderr when it is given one that it does not know, and what it knows differs by version: so it is asked
 * first, by `node --v8-options`, which lists them all without starting JavaScript (some 40 ms). Where the executable is
 * no Node that could be asked, none is set.
 */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';

/** Far above the 100 kB of the list. */
const MAX_BYTES = 4 * 2 ** 20;
/** For a system so busy that a process needs seconds to start. */
const MAX_MS = 5000;

/** Those that may be set here, without the dashes. */
export const OUR_FLAGS = [
  'experimental-wasm-relaxed-simd',
  'experimental-wasm-revectorize',
  'liftoff',
  'wasm-lazy-compilation',
] as const;

export type Flag = (typeof OUR_FLAGS)[number];

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

/** Which of ours are in V8's list: a line `  --name (what it does)` each. */
export function listed(list: string): ReadonlySet<Flag> {
  const names = new Set([...list.matchAll(/^\s+--([a-z0-9-]+) \(/gm)].map(([, name]) => name));
  return new Set(OUR_FLAGS.filter((flag) => names.has(flag)));
}

export function setFlag(flag: Flag, on: boolean): void {
  setFlagsFromString(`--${on ? '' : 'no-'}${flag}`);
}

/** Whether the executable takes Node's own arguments: not Electron, Bun or Deno, nor a program packed with its Node. */
async function isPlainNode(): Promise<boolean> {
  const { versions, release, execPath } = process;
  const others = ['electron', 'bun', 'deno', 'nw'].some((name) => versions[name] !== undefined);
  if (others || release.name !== 'node' || !/^node(js)?(\.exe)?$/i.test(basename(execPath))) return false;
  const sea = await import('node:sea').catch(() => null);
  return sea?.isSea() !== true;
}
