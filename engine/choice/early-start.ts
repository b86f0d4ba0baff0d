/** What starts before the weights are read, if it is already clear which engine will be needed. */
import { installedVersion } from '#platform';
import { canShareMemory } from '../../graph/index.js';
import { type Engine, engineByName, engines } from '../backends/registry.js';
import type { EmbedderSettings } from '../options/index.js';
import { ReadyWorkers } from '../workers/worker-pool.js';
import { probeOrder } from './choose.js';

/** A few images need only two; for many, the others start with the first batches, which is soon enough. */
const MOST = 2;

export class EarlyStart {
  /** Null if the engine is not known yet, or computes on threads of its own. */
  readonly workers: ReadyWorkers | null;
  readonly #engine: Engine | null;
  #giveUp: Promise<() => void> | undefined;

  constructor(settings: EmbedderSettings, cores: number) {
    this.#engine = knownEngine(settings);
    const threads = Math.min(settings.threads ?? cores, MOST);
    void this.#engine?.startEarly?.(settings.precision);
    const isOnWorkers = this.#engine?.parallelism === 'workers' && threads > 0 && canShareMemory();
    this.workers = isOnWorkers ? new ReadyWorkers(this.#engine.name, threads) : null;
  }

  /** Called when it is known how many bytes the weights have in float32. */
  expectWeights(bytes: number): void {
    this.#giveUp ??= this.#engine?.expectWeights?.(bytes);
  }

  /** Called when an engine is chosen. If it is another one, the memory is given up. */
  async keepFor(engine: string): Promise<void> {
    const giveUp = await this.#giveUp;
    if (engine !== this.#engine?.name) giveUp?.();
  }

  /** Ends the threads, and gives up the memory, that were not taken. */
  async dispose(): Promise<void> {
    await this.workers?.dispose();
    (await this.#giveUp)?.();
  }
}

function knownEngine({ backend, device }: EmbedderSettings): Engine | null {
  if (backend !== 'auto') return engineByName(backend);
  // An engine without its hardware counts as one without its packages.
  const absent = engines
    .filter((engine) => engine.mayHaveHardware?.() === false)
    .flatMap(({ packages }) => packages.flat());
  const installed = (name: string) => !absent.includes(name) && installedVersion(name) !== null;
  const [first, second] = probeOrder({ device, installed });
  return first !== undefined && second === undefined ? engineByName(first.engine) : null;
}
