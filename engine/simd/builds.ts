/**
 * The compiled kernels as they lie beside this code, in two builds: `relaxed` multiplies and adds in one instruction
 * (relaxed SIMD), `plain` in two. Made ready by V8's optimising compiler at once, with the switches that they need.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type Flag, setFlag } from './v8-flags.js';
import { type WasmModule, wasmInterface } from './webassembly.js';

export type Build = 'relaxed' | 'plain';

/** The better first. */
export const BUILDS: readonly Build[] = ['relaxed', 'plain'];

/** Null where it is missing: after a bare type check, which does not build it. */
export function readBuild(build: Build): Uint8Array | null {
  const file = new URL(`./kernels-${build}.wasm`, import.meta.url);
  return existsSync(file) ? readFileSync(file) : null;
}

const ALIVE_MS = 1000;

export interface CompileSettings {
  /** Pairs of 128-bit instructions fused to 256 bits, where V8 can. */
  revectorize: boolean;
  /** What V8 knows; others are not set. */
  known: ReadonlySet<Flag>;
}

/** Whether V8 takes the module, as compiled with its switches. */
export function accepts(bytes: Uint8Array, known: ReadonlySet<Flag>): boolean {
  return withFlags(relaxedFlags(known), () => wasmInterface?.validate(bytes) ?? false);
}

/** Rejects with what V8 says when it does not take the module. */
export async function compileBuild(bytes: Uint8Array, { revectorize, known }: CompileSettings): Promise<WasmModule> {
  const flags = relaxedFlags(known);
  // The quick compiler would only be in the way: what is measured is the optimising one.
  for (const flag of ['liftoff', 'wasm-lazy-compilation'] as const) if (known.has(flag)) flags.set(flag, false);
  if (revectorize) flags.set('experimental-wasm-revectorize', true);
  // Node does not count it among the work that keeps a process alive.
  const alive = setInterval(() => {}, ALIVE_MS);
  try {
    return await withFlags(flags, () => wasmInterface!.compile(marked(bytes, revectorize)));
  } finally {
    clearInterval(alive);
  }
}

function relaxedFlags(known: ReadonlySet<Flag>): Map<Flag, boolean> {
  return new Map(known.has('experimental-wasm-relaxed-simd') ? [['experimental-wasm-relaxed-simd', true]] : []);
}

/** V8 keeps compiled modules by their bytes; a custom section makes those of other switches another module. */
function marked(bytes: Uint8Array, revectorize: boolean): Uint8Array {
  const section = Uint8Array.of(0, 3, 1, 'v'.charCodeAt(0), revectorize ? 1 : 0);
  const all = new Uint8Array(bytes.length + section.length);
  all.set(bytes);
  all.set(section, bytes.length);
  return all;
}

/** Sets switches for as long as the work takes; those that whoever started Node has set stay his. */
function withFlags<T>(wanted: ReadonlyMap<Flag, boolean>, work: () => T): T {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  const flags = [...wanted].filter(([flag]) => !given.includes(flag));
  for (const [flag, on] of flags) setFlag(flag, on);
  const restore = () => {
    for (const [flag, on] of flags) setFlag(flag, !on);
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}
