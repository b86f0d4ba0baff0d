/**
 * Finds the kernels for a process: which build, which tile, with which of V8's switches. The first use tries them
 * out, turns off whatever computes wrongly, and the cache folder remembers the choice, which later starts only test.
 * The two builds give other last bits; V8 alone says which is preferred (`buildsInOrder`), so every start gives the
 * same bits.
 */
import { cacheFolder, join, loadAssets, machine, sha256, startFlags, v8Version } from '#platform';
import { hasSharedMemory, type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
import { CacheFile } from '../../../../files/index.js';
import type { Precision } from '../../../contract/backend.js';
import { messageOf } from '../../../contract/engine-error.js';
import { accepts, compileModule, type Flag, KERNEL_FILES, knownFlags, readModule } from '../builds/compile-module.js';
import { BUILDS, type Build, choiceFor, type KernelModule, type ModuleChoice, modulesOf } from '../builds/modules.js';
import { isRemembered, type Remembered, searchApart } from './search-apart.js';
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
  /** Searches in another process; null if none survived: then this one does, without switches. Left out: this one. */
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
  const found: Remembered[] = [];
  const cache = { get: () => null, set: (_: string, choice: Remembered) => void found.push(choice) };
  await findKernels({ modules: modulesOf(choice), read: readModule, knownFlags, cache });
  return found.at(-1) ?? null;
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
    await loadAssets(KERNEL_FILES);
    return await new Finder(sources).find();
  } catch (error) {
    return none(messageOf(error));
  }
}

const none = (reason: string): KernelSearch => ({ kernels: null, reason });

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
    if (!hasSharedMemory()) return 'no shared memory of WebAssembly here, which its threads compute in';
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
    const module = await compileModule(bytes, { revectorize: revectorized, known: this.#known }).catch(() => null);
    // All ways were tried when the choice was made. One way is enough to show that nothing has changed since.
    if (!module || !this.#isRight(trial, module, { build, tile, revectorized }, ['transformed'])) return null;
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

  /** The fastest tile of the first build that has correct ones; null if none, or any fused ones are wrong. */
  async #best(trial: Trial, revectorize: boolean): Promise<Kernels | null> {
    for (const build of buildsInOrder(revectorize)) {
      const right: Omit<Kernels, 'multiplyAdds'>[] = [];
      for (const { tile, bytes } of this.#modulesOf(build)) {
        if (!accepts(bytes, this.#known)) continue;
        const module = await compileModule(bytes, { revectorize, known: this.#known });
        const candidate = { build, tile, revectorized: revectorize };
        if (this.#isRight(trial, module, candidate)) right.push({ module, ...candidate });
        else if (revectorize) return null;
      }
      if (!this.#known.has('liftoff') && this.#sources.measure === undefined)
        await trial.warm(right.map(({ module }) => module));
      const found = right.map((one) => {
        return { ...one, multiplyAdds: this.#sources.measure?.(one) ?? trial.measure(one.module) };
      });
      if (found.length > 0) return found.reduce((best, one) => (one.multiplyAdds > best.multiplyAdds ? one : best));
    }
    return null;
  }

  #modulesOf(build: Build): { tile: string; bytes: Uint8Array }[] {
    const ofBuild = [...this.#modules].filter(([module]) => module.build === build);
    return ofBuild.map(([{ tile }, bytes]) => ({ tile, bytes }));
  }

  #isRight(trial: Trial, module: WasmModule, candidate: Candidate, ways?: readonly Way[]): boolean {
    return this.#sources.isRight?.(module, candidate) ?? trial.isRight(module, ways);
  }

  #remember({ build, tile, revectorized, multiplyAdds }: Kernels): void {
    this.#sources.cache.set(this.#key(), { build, tile, revectorized, multiplyAdds, known: [...this.#known] });
  }

  /** This machine, this Node with its switches, and these kernels. */
  #key(): string {
    const { identity, runtime } = machine();
    const hash = sha256().update(JSON.stringify([identity, runtime, v8Version(), startFlags()]));
    for (const [{ name }, bytes] of this.#modules) hash.update(name).update(bytes);
    return hash.digest('hex');
  }
}

/** V8 13 (Node 24) is the first that fuses pairs of instructions that multiply and add. */
const FUSES_MULTIPLY_ADD = 13;

/** The build with fused multiply-add first, unless V8 would pair only the other one's instructions to 256 bits. */
function buildsInOrder(revectorize: boolean, v8 = v8Version()): readonly Build[] {
  return revectorize && Number.parseInt(v8, 10) < FUSES_MULTIPLY_ADD ? ['plain', 'relaxed'] : BUILDS;
}

function describe({ build, tile, revectorized, multiplyAdds }: Kernels): string {
  const width = revectorized ? '256-bit' : '128-bit';
  const multiplies = build === 'relaxed' ? 'fused multiply-add' : 'separate multiply and add';
  const gigaflops = Math.round((2 * multiplyAdds) / 1e9);
  return `our WebAssembly kernels: ${width}, ${multiplies}, tiles of ${tile}, ${gigaflops} GFLOP/s a core`;
}
