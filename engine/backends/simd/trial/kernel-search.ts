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
import { CacheFile, cacheFolder } from '../../../../files/index.js';
import { canShareMemory } from '../../../../graph/index.js';
import { type WasmModule, wasmInterface } from '../../../../wasm/index.js';
import { accepts, BUILDS, type Build, type BuildChoice, compileBuild, readBuild } from '../builds/builds.js';
import { type Flag, knownFlags } from '../builds/v8-flags.js';
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
  read(build: Build): Uint8Array | null;
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

function ourSources(choice: BuildChoice): KernelSources {
  const folder = cacheFolder();
  const cache = new CacheFile(folder && join(folder, 'kernels.json'), isRemembered);
  return { read: reading(choice), knownFlags, cache, searchApart: () => searchApart(choice) };
}

function reading(choice: BuildChoice): KernelSources['read'] {
  return (build) => (choice === 'any' || build === choice ? readBuild(build) : null);
}

/** The search for a process of `search-apart.ts`: it gives only the choice and does not keep it. */
export async function searchHere(
  choice: BuildChoice,
  knownFlags: KernelSources['knownFlags'],
): Promise<Remembered | null> {
  let found: Remembered | null = null;
  const cache: KernelSources['cache'] = {
    get: () => null,
    set(_, choice) {
      found = choice;
    },
  };
  await findKernels({ read: reading(choice), knownFlags, cache });
  return found;
}

const searches = new Map<BuildChoice, Promise<KernelSearch>>();

/** Searches once a process. Never rejects. */
export function openKernels(choice: BuildChoice = 'any'): Promise<KernelSearch> {
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
    const { build, tile, revectorized, multiplyAdds } = entry;
    this.#known = new Set(entry.known);
    const compiling = compileBuild(bytes, { revectorize: revectorized, known: this.#known }).catch(() => null);
    // V8 compiles on threads of its own meanwhile.
    trial.layOut(['transformed']);
    const module = await compiling;
    if (module === null || !tilesOf(module).includes(tile)) return null;
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
      const bytes = this.#builds.get(build);
      if (bytes === undefined || !accepts(bytes, this.#known)) continue;
      const module = await compileBuild(bytes, { revectorize, known: this.#known });
      const tiles = tilesOf(module);
      const right = tiles.filter((tile) => this.#isRight(trial, module, { build, tile, revectorized: revectorize }));
      if (revectorize && right.length < tiles.length) return null;
      if (right.length === 0) continue;
      const speedOf = (tile: string) =>
        this.#sources.measure?.({ build, tile, revectorized: revectorize }) ?? trial.measure(module, tile);
      const measured = right.map((tile) => ({ tile, multiplyAdds: speedOf(tile) }));
      const fastest = measured.reduce((best, one) => (one.multiplyAdds > best.multiplyAdds ? one : best));
      return { module, build, revectorized: revectorize, ...fastest };
    }
    return null;
  }

  #isRight(trial: Trial, module: WasmModule, candidate: Candidate, ways?: readonly Way[]): boolean {
    return this.#sources.isRight?.(module, candidate) ?? trial.isRight(module, candidate.tile, ways);
  }

  #remember({ build, tile, revectorized, multiplyAdds }: Kernels): void {
    this.#sources.cache.set(this.#key(), { build, tile, revectorized, multiplyAdds, known: [...this.#known] });
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
