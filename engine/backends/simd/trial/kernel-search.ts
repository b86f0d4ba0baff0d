/**
 * Finds the kernels for a process: which build, which tile, with which of V8's switches. The first use tries them out.
 * Whatever computes wrongly is turned off: first the 256-bit fusing of V8, then single builds and tiles. The fastest
 * correct choice is remembered in the user's cache folder. Later starts only test it.
 */
import { createHash } from 'node:crypto';
import { availableParallelism, cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { CacheFile, cacheFolder } from '../../../../files/index.js';
import { canShareMemory } from '../../../../graph/index.js';
import { type WasmModule, wasmInterface } from '../../../../wasm/index.js';
import { accepts, BUILDS, type Build, compileBuild, readBuild } from '../builds/builds.js';
import { type Flag, knownFlags } from '../builds/v8-flags.js';
import type { KernelRates } from '../planning/cost.js';
import { tilesOf } from '../running/kernel-table.js';
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
  /** The measured rates. */
  rates: KernelRates;
}

export interface KernelSearch {
  /** Null if no kernels can be used. */
  kernels: Kernels | null;
  /** One sentence for a person: which kernels they are, or what is missing. */
  reason: string;
}

/** The environment of the search; tests pass another one. */
export interface KernelSources {
  read(build: Build): Uint8Array | null;
  knownFlags(): Promise<ReadonlySet<Flag>>;
  cache: Pick<CacheFile<Remembered>, 'get' | 'set'>;
  /**
   * Searches in a process of its own, so a crash of V8 does no harm. Null if there can be no process, or if it crashed
   * even without switches. Then this process searches, without switches. Left out: this process searches.
   */
  searchApart?(): Promise<Remembered | null>;
  /** Whether kernels compute correctly; default: a trial. */
  isRight?(module: WasmModule, candidate: Omit<Kernels, 'module' | 'rates'>): boolean;
}

function ourSources(): KernelSources {
  const folder = cacheFolder();
  const cache = new CacheFile(folder && join(folder, 'kernels.json'), isRemembered);
  return { read: readBuild, knownFlags, cache, searchApart: () => searchApart() };
}

/** The search for a process of `search-apart.ts`: it gives only the choice and does not keep it. */
export async function searchHere(knownFlags: KernelSources['knownFlags']): Promise<Remembered | null> {
  let found: Remembered | null = null;
  const cache: KernelSources['cache'] = {
    get: () => null,
    set(_, choice) {
      found = choice;
    },
  };
  await findKernels({ read: readBuild, knownFlags, cache });
  return found;
}

let search: Promise<KernelSearch> | null = null;

/** Searches once a process. Never rejects. */
export function openKernels(): Promise<KernelSearch> {
  search ??= findKernels();
  return search;
}

/** Never rejects. */
export async function findKernels(sources: KernelSources = ourSources()): Promise<KernelSearch> {
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
  readonly #builds: ReadonlyMap<Build, Uint8Array>;
  #known: ReadonlySet<Flag> = new Set();
  /** Whether this process may set switches that no other process has tried. */
  #mayAsk = true;

  constructor(sources: KernelSources) {
    this.#sources = sources;
    this.#builds = new Map(
      BUILDS.flatMap((build) => {
        const bytes = sources.read(build);
        return bytes === null ? [] : [[build, bytes] as const];
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
    if (this.#builds.size === 0) return 'its kernels are not built: npm run build';
    const plain = this.#builds.get('plain');
    if (plain !== undefined && !accepts(plain, new Set())) return 'no WebAssembly SIMD on this processor';
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
    const bytes = this.#builds.get(entry.build);
    if (!bytes) return null;
    const { build, tile, revectorized, multiplyAdds, transformFloats } = entry;
    this.#known = new Set(entry.known);
    const compiling = compileBuild(bytes, { revectorize: revectorized, known: this.#known }).catch(() => null);
    // V8 compiles on threads of its own meanwhile.
    trial.layOut(['transformed']);
    const module = await compiling;
    if (module === null || !tilesOf(module).includes(tile)) return null;
    // All ways were tried when the choice was made. One way is enough to show that nothing has changed since.
    if (!this.#isRight(trial, { module, build, tile, revectorized }, ['transformed'])) return null;
    return { module, build, tile, revectorized, rates: { multiplyAdds, transformFloats } };
  }

  async #search(trial: Trial): Promise<Kernels | null> {
    const asking = this.#mayAsk ? this.#sources.knownFlags() : new Set<Flag>();
    trial.layOut();
    this.#known = await asking;
    const canFuse = this.#known.has('experimental-wasm-revectorize');
    const fused = canFuse ? await this.#fastest(trial, true) : null;
    const kernels = fused ?? (await this.#fastest(trial, false));
    if (kernels !== null) this.#remember(kernels);
    return kernels;
  }

  /** Null if no kernels are correct. With fused instructions: null if any are wrong. */
  async #fastest(trial: Trial, revectorized: boolean): Promise<Kernels | null> {
    const right: Omit<Kernels, 'rates'>[] = [];
    for (const { build, module } of await this.#compileAll(revectorized)) {
      for (const tile of tilesOf(module)) {
        const candidate = { module, build, tile, revectorized };
        if (this.#isRight(trial, candidate)) right.push(candidate);
        else if (revectorized) return null;
      }
    }
    const measured = right.map((one) => ({ ...one, rates: trial.measure(one.module, one.tile) }));
    const [first, ...others] = measured;
    if (first === undefined) return null;
    return others.reduce((best, one) => (one.rates.multiplyAdds > best.rates.multiplyAdds ? one : best), first);
  }

  async #compileAll(revectorize: boolean): Promise<{ build: Build; module: WasmModule }[]> {
    const settings = { revectorize, known: this.#known };
    const usable = [...this.#builds].filter(([, bytes]) => accepts(bytes, this.#known));
    const compiled = usable.map(async ([build, bytes]) => ({ build, module: await compileBuild(bytes, settings) }));
    return Promise.all(compiled);
  }

  #isRight(trial: Trial, { module, ...candidate }: Omit<Kernels, 'rates'>, ways?: readonly Way[]): boolean {
    return this.#sources.isRight?.(module, candidate) ?? trial.isRight(module, candidate.tile, ways);
  }

  #remember({ build, tile, revectorized, rates }: Kernels): void {
    this.#sources.cache.set(this.#key(), { build, tile, revectorized, ...rates, known: [...this.#known] });
  }

  /** This machine, this Node with its switches, and these kernels. */
  #key(): string {
    const machine = [hostname(), process.platform, process.arch, cpus()[0]?.model ?? '', availableParallelism()];
    const node = [process.execPath, process.version, process.versions.v8, process.execArgv];
    const hash = createHash('sha256').update(JSON.stringify([machine, node, process.env['NODE_OPTIONS'] ?? '']));
    for (const [build, bytes] of this.#builds) hash.update(build).update(bytes);
    return hash.digest('hex');
  }
}

/**
 * The rates for plans, in steps of a factor √2. If a plan changed with every measurement, the last bits of results
 * would change too.
 */
export function planRates({ rates: { multiplyAdds, transformFloats } }: Kernels): KernelRates {
  const round = (rate: number) => 2 ** (Math.round(2 * Math.log2(rate)) / 2);
  return { multiplyAdds: round(multiplyAdds), transformFloats: round(transformFloats) };
}

function describe({ build, tile, revectorized, rates }: Kernels): string {
  const width = revectorized ? '256-bit' : '128-bit';
  const multiplies = build === 'relaxed' ? 'fused multiply-add' : 'separate multiply and add';
  const gigaflops = Math.round((2 * rates.multiplyAdds) / 1e9);
  return `our WebAssembly kernels: ${width}, ${multiplies}, tiles of ${tile}, ${gigaflops} GFLOP/s a core`;
}
