/**
 * Finds the kernels for a process: which build, which tile, with which of V8's switches. The first use tries them out.
 * Whatever computes wrongly is turned off: first the 256-bit fusing of V8, then single builds and tiles.
 *
 * The two builds give other last bits. Which of them is preferred depends on V8 alone (`buildsInOrder`), not on a
 * stopwatch, so every start on a machine gives the same bits. Tiles of a build give the same bits, so the fastest is
 * taken. The choice is remembered in the user's cache folder. Later starts only test it.
 */
import { createHash } from 'node:crypto';
import { availableParallelism, cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
import { CacheFile, cacheFolder } from '../../../../files/index.js';
import { canShareMemory } from '../../../../graph/index.js';
import type { Precision } from '../../../contract/backend.js';
import { accepts, compileModule, readModule } from '../builds/compile-module.js';
import { BUILDS, type Build, choiceFor, type KernelModule, type ModuleChoice, modulesOf } from '../builds/modules.js';
import { type Flag, knownFlags } from '../builds/v8-flags.js';
import { isRemembered, type Remembered } from './remembered.js';
import { searchApart } from './search-apart.js';
import { Trial, type Way } from './trial.js';

export interface Kernels {
  module: WasmModule;
  build: Build;
  /** `6x16`: rows and columns of a product that a kernel keeps in registers. */
  tile: string;
  /** Whether pairs of 128-bit instructions are fused to 256 bits. */
  revectorized: boolean;
  /** Multiplications a second of one thread, measured. */
  multiplyAdds: number;
}

/** A choice that is not measured yet. */
type Candidate = Omit<Kernels, 'module' | 'multiplyAdds'>;

export interface KernelSearch {
  /** Null if no kernels can be used. */
  kernels: Kernels | null;
  /** One sentence for a person: which kernels they are, or what is missing. */
  reason: string;
}

/** The environment of the search; tests pass another one. */
export interface KernelSources {
  modules: readonly KernelModule[];
  read(module: KernelModule): Uint8Array | null;
  knownFlags(): Promise<ReadonlySet<Flag>>;
  cache: Pick<CacheFile<Remembered>, 'get' | 'set'>;
  /**
   * Searches in a process of its own, so a crash of V8 does no harm. Null if there can be no process, or if it crashed
   * even without switches. Then this process searches, without switches. Left out: this process searches.
   */
  searchApart?(): Promise<Remembered | null>;
  /** Whether kernels compute correctly; default: a trial. */
  isRight?(module: WasmModule, candidate: Candidate): boolean;
  /** Multiplications a second; default: measured by a trial. */
  measure?(candidate: Candidate): number;
}

function ourSources(choice: ModuleChoice): KernelSources {
  const folder = cacheFolder();
  const cache = new CacheFile(folder && join(folder, 'kernels.json'), isRemembered);
  return { modules: modulesOf(choice), read: readModule, knownFlags, cache, searchApart: () => searchApart(choice) };
}

/** The search for a process of `search-apart.ts`: it gives only the choice and does not keep it. */
export async function searchHere(
  choice: ModuleChoice,
  knownFlags: KernelSources['knownFlags'],
): Promise<Remembered | null> {
  let found: Remembered | null = null;
  const cache: KernelSources['cache'] = {
    get: () => null,
    set(_, choice) {
      found = choice;
    },
  };
  await findKernels({ modules: modulesOf(choice), read: readModule, knownFlags, cache });
  return found;
}

const searches = new Map<ModuleChoice, Promise<KernelSearch>>();

/** The kernels for plans of this precision. Searches once a process for each choice of modules. Never rejects. */
export function openKernels(precision: Precision = 'float32'): Promise<KernelSearch> {
  const choice = choiceFor(precision);
  const search = searches.get(choice) ?? findKernels(ourSources(choice));
  searches.set(choice, search);
  return search;
}

/** Never rejects. */
export async function findKernels(sources: KernelSources): Promise<KernelSearch> {
  try {
    return await new Finder(sources).find();
  } catch (error) {
    return none(error instanceof Error ? error.message : String(error));
  }
}

function none(reason: string): KernelSearch {
  return { kernels: null, reason };
}

class Finder {
  readonly #sources: KernelSources;
  readonly #modules: ReadonlyMap<KernelModule, Uint8Array>;
  #known: ReadonlySet<Flag> = new Set();
  /** Whether this process may set switches that no other process has tried. */
  #mayAsk = true;

  constructor(sources: KernelSources) {
    this.#sources = sources;
    this.#modules = new Map(
      sources.modules.flatMap((module) => {
        const bytes = sources.read(module);
        return bytes === null ? [] : [[module, bytes] as const];
      }),
    );
  }

  async find(): Promise<KernelSearch> {
    const lacking = this.#lacking();
    if (lacking !== null) return none(lacking);
    const trial = new Trial();
    try {
      const kernels = (await this.#recall(trial)) ?? (await this.#searchApart(trial)) ?? (await this.#search(trial));
      if (kernels === null) return none('its kernels compute wrongly here');
      return { kernels, reason: describe(kernels) };
    } finally {
      trial.dispose();
    }
  }

  /** The requirement that is missing and that no switch can add; null if there is none. */
  #lacking(): string | null {
    if (wasmInterface === undefined) return 'no WebAssembly in this Node';
    if (!canShareMemory()) return 'no SharedArrayBuffer in this Node, which its threads compute in';
    if (this.#modules.size === 0) return 'its kernels are not built: npm run build';
    const [plain] = this.#modulesOf('plain');
    if (plain !== undefined && !accepts(plain.bytes, new Set())) return 'no WebAssembly SIMD on this processor';
    return null;
  }

  /** The remembered kernels, if they still compute correctly. */
  async #recall(trial: Trial): Promise<Kernels | null> {
    const entry = this.#sources.cache.get(this.#key());
    return entry && this.#take(entry, trial);
  }

  /** The kernels that another process has found, if they compute correctly in this one. */
  async #searchApart(trial: Trial): Promise<Kernels | null> {
    if (this.#sources.searchApart === undefined) return null;
    const entry = await this.#sources.searchApart();
    const kernels = entry && (await this.#take(entry, trial));
    if (kernels !== null) this.#remember(kernels);
    this.#mayAsk = false;
    return kernels;
  }

  async #take(entry: Remembered, trial: Trial): Promise<Kernels | null> {
    const { build, tile, revectorized, multiplyAdds } = entry;
    const bytes = this.#modulesOf(build).find((module) => module.tile === tile)?.bytes;
    if (bytes === undefined) return null;
    this.#known = new Set(entry.known);
    const settings = { revectorize: revectorized, known: this.#known };
    const module = await compileModule(bytes, settings).catch(() => null);
    if (module === null) return null;
    // All ways were tried when the choice was made. One way is enough to show that nothing has changed since.
    if (!this.#isRight(trial, module, { build, tile, revectorized }, ['transformed'])) return null;
    return { module, build, tile, revectorized, multiplyAdds };
  }

  async #search(trial: Trial): Promise<Kernels | null> {
    const asking = this.#mayAsk ? this.#sources.knownFlags() : new Set<Flag>();
    trial.layOut();
    this.#known = await asking;
    const canFuse = this.#known.has('experimental-wasm-revectorize');
    const fused = canFuse ? await this.#best(trial, true) : null;
    const kernels = fused ?? (await this.#best(trial, false));
    if (kernels !== null) this.#remember(kernels);
    return kernels;
  }

  /**
   * The fastest tile of the first build that has correct ones; null if there is none. With fused instructions: null if
   * any are wrong.
   */
  async #best(trial: Trial, revectorize: boolean): Promise<Kernels | null> {
    for (const build of buildsInOrder(revectorize)) {
      const found: Kernels[] = [];
      for (const { tile, bytes } of this.#modulesOf(build)) {
        if (!accepts(bytes, this.#known)) continue;
        const module = await compileModule(bytes, { revectorize, known: this.#known });
        const candidate = { build, tile, revectorized: revectorize };
        if (this.#isRight(trial, module, candidate)) {
          const multiplyAdds = this.#sources.measure?.(candidate) ?? trial.measure(module);
          found.push({ module, ...candidate, multiplyAdds });
        } else if (revectorize) return null;
      }
      const [first, ...others] = found;
      if (first === undefined) continue;
      return others.reduce((best, one) => (one.multiplyAdds > best.multiplyAdds ? one : best), first);
    }
    return null;
  }

  #modulesOf(build: Build): { tile: string; bytes: Uint8Array }[] {
    return [...this.#modules].flatMap(([module, bytes]) =>
      module.build === build ? [{ tile: module.tile, bytes }] : [],
    );
  }

  #isRight(trial: Trial, module: WasmModule, candidate: Candidate, ways?: readonly Way[]): boolean {
    return this.#sources.isRight?.(module, candidate) ?? trial.isRight(module, ways);
  }

  #remember({ build, tile, revectorized, multiplyAdds }: Kernels): void {
    this.#sources.cache.set(this.#key(), { build, tile, revectorized, multiplyAdds, known: [...this.#known] });
  }

  /** This machine, this Node with its switches, and these kernels. */
  #key(): string {
    const machine = [hostname(), process.platform, process.arch, cpus()[0]?.model ?? '', availableParallelism()];
    const node = [process.execPath, process.version, process.versions.v8, process.execArgv];
    const hash = createHash('sha256').update(JSON.stringify([machine, node, process.env['NODE_OPTIONS'] ?? '']));
    for (const [{ name }, bytes] of this.#modules) hash.update(name).update(bytes);
    return hash.digest('hex');
  }
}

/** V8 13 (Node 24) is the first that fuses pairs of instructions that multiply and add. */
const FUSES_MULTIPLY_ADD = 13;

/**
 * The builds, the preferred one first: the one with fused multiply-add, except if V8 would pair only the instructions of
 * the other one to 256 bits.
 */
function buildsInOrder(revectorize: boolean, v8 = process.versions.v8): readonly Build[] {
  return revectorize && Number.parseInt(v8, 10) < FUSES_MULTIPLY_ADD ? ['plain', 'relaxed'] : BUILDS;
}

function describe({ build, tile, revectorized, multiplyAdds }: Kernels): string {
  const width = revectorized ? '256-bit' : '128-bit';
  const multiplies = build === 'relaxed' ? 'fused multiply-add' : 'separate multiply and add';
  const gigaflops = Math.round((2 * multiplyAdds) / 1e9);
  return `our WebAssembly kernels: ${width}, ${multiplies}, tiles of ${tile}, ${gigaflops} GFLOP/s a core`;
}
