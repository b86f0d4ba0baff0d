/** Compiles the kernels' modules. V8's optimising compiler compiles them directly, with the switches that they need. */
import { asset, setV8Flag, startFlags, v8Options } from '#platform';
import { type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
import type { KernelModule } from './modules.js';

/** What the assets' names begin with; the module's follows. */
export const KERNEL_FILES = 'dist/engine/backends/simd/kernels-';

/** Null if the file is missing: a bare type check does not build it. */
export function readModule({ name }: KernelModule): Uint8Array | null {
  return asset(`${KERNEL_FILES}${name}.wasm`);
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

/** Compilations run one after another, since switches belong to the process. */
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
  const given = startFlags().flat().join(' ');
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
  const list = await v8Options();
  return list === null ? new Set() : listed(list);
}

/** Our switches whose default is not the wanted value. Entry: ` --name (…)`, then `type: bool default: --no-name`. */
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
  setV8Flag(`--${on ? '' : 'no-'}${flag}`);
}
