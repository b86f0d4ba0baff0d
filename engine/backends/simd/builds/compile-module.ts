/** Compiles the kernels' modules. V8's optimising compiler compiles them directly, with the switches that they need. */
import { readKernelFile, type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
import type { KernelModule } from './modules.js';
import { type Flag, setFlag, unsetFlag } from './v8-flags.js';

/** Null if the file is missing: a bare type check does not build it. */
export function readModule({ name }: KernelModule): Uint8Array | null {
  return readKernelFile(new URL(`../kernels-${name}.wasm`, import.meta.url));
}

const ALIVE_MS = 1000;

export interface CompileSettings {
  /** Fuses pairs of 128-bit instructions to 256 bits, if V8 can. */
  revectorize: boolean;
  /** The switches that V8 knows. Others are not set. */
  known: ReadonlySet<Flag>;
}

/** Whether V8 accepts the module with the switches that it is compiled with. */
export function accepts(bytes: Uint8Array, known: ReadonlySet<Flag>): boolean {
  return withFlags(relaxedFlags(known), () => wasmInterface?.validate(bytes) ?? false);
}

/**
 * The last compilation. Compilations run one after another, since switches belong to the process. V8 uses several
 * threads for each.
 */
let lastCompilation: Promise<unknown> = Promise.resolve();

/** Rejects with V8's message if it does not accept the module. */
export function compileModule(bytes: Uint8Array, settings: CompileSettings): Promise<WasmModule> {
  const compilation = lastCompilation.then(() => compileNow(bytes, settings));
  lastCompilation = compilation.catch(() => {});
  return compilation;
}

async function compileNow(bytes: Uint8Array, { revectorize, known }: CompileSettings): Promise<WasmModule> {
  const flags = [...known].filter((flag) => revectorize || flag !== 'experimental-wasm-revectorize');
  // Keeps the process alive: Node does not wait for a compilation.
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

/** V8 caches compiled modules by their bytes. A custom section makes a module with other switches a different one. */
function marked(bytes: Uint8Array, revectorize: boolean): Uint8Array {
  const section = Uint8Array.of(0, 3, 1, 'v'.charCodeAt(0), revectorize ? 1 : 0);
  const all = new Uint8Array(bytes.length + section.length);
  all.set(bytes);
  all.set(section, bytes.length);
  return all;
}

/** How many compilations hold each switch. The last one restores it. */
const holders = new Map<Flag, number>();

/** Sets switches while the work runs. Switches that Node was started with stay unchanged. */
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
