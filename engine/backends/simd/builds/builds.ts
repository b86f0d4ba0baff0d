/**
 * The compiled kernels, in two builds: `relaxed` multiplies and adds in one instruction
 * (relaxed SIMD), `plain` in two. Made ready by V8's optimising compiler at once, with the switches that they need.
 */
import { readKernelFile, type WasmModule, wasmInterface } from '../../../../wasm/index.js';
import { type Flag, setFlag, unsetFlag } from './v8-flags.js';

export type Build = 'relaxed' | 'plain';

/** The better first. */
export const BUILDS: readonly Build[] = ['relaxed', 'plain'];

/** Null where it is missing: after a bare type check, which does not build it. */
export function readBuild(build: Build): Uint8Array | null {
  return readKernelFile(new URL(`../kernels-${build}.wasm`, import.meta.url));
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

/** What is being compiled: one after the other, since switches are the process's. V8 has its threads for each. */
let lastCompilation: Promise<unknown> = Promise.resolve();

/** Rejects with what V8 says when it does not take the module. */
export function compileBuild(bytes: Uint8Array, settings: CompileSettings): Promise<WasmModule> {
  const compilation = lastCompilation.then(() => compileNow(bytes, settings));
  lastCompilation = compilation.catch(() => {});
  return compilation;
}

async function compileNow(bytes: Uint8Array, { revectorize, known }: CompileSettings): Promise<WasmModule> {
  const flags = [...known].filter((flag) => revectorize || flag !== 'experimental-wasm-revectorize');
  // Node does not count it among the work that keeps a process alive.
  const alive = setInterval(() => {}, ALIVE_MS);
  try {
    return await withFlags(flags, () => wasmInterface!.compile(marked(bytes, revectorize)));
  } finally {
    clearInterval(alive);
  }
}

function relaxedFlags(known: ReadonlySet<Flag>): Flag[] {
  return [...known].filter((flag) => flag === 'experimental-wasm-relaxed-simd');
}

/** V8 keeps compiled modules by their bytes; a custom section makes those of other switches another module. */
function marked(bytes: Uint8Array, revectorize: boolean): Uint8Array {
  const section = Uint8Array.of(0, 3, 1, 'v'.charCodeAt(0), revectorize ? 1 : 0);
  const all = new Uint8Array(bytes.length + section.length);
  all.set(bytes);
  all.set(section, bytes.length);
  return all;
}

/** By how many they are held; the last one puts them back. */
const holders = new Map<Flag, number>();

/** Sets switches for as long as the work takes; those that whoever started Node has set stay as they are. */
function withFlags<T>(wanted: readonly Flag[], work: () => T): T {
  const given = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  const flags = wanted.filter((flag) => !given.includes(flag));
  for (const flag of flags) hold(flag);
  const release = () => {
    for (const flag of flags) letGo(flag);
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    release();
    throw error;
  }
  if (result instanceof Promise) return result.finally(release) as T;
  release();
  return result;
}

function hold(flag: Flag): void {
  const count = holders.get(flag) ?? 0;
  if (count === 0) setFlag(flag);
  holders.set(flag, count + 1);
}

function letGo(flag: Flag): void {
  const count = holders.get(flag)! - 1;
  if (count === 0) unsetFlag(flag);
  holders.set(flag, count);
}
