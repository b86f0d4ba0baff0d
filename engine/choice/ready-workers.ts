/** Worker threads that start before the weights are read, if it is already clear that they will be needed. */
import { type Engine, engineByName, engines } from '../backends/registry.js';
import { installedVersion } from '../packages/installed.js';
import { ReadyWorkers } from '../workers/start-worker.js';
import type { EmbedderSettings } from './embedder-options.js';
import { probeOrder } from './probe-order.js';

/**
 * A few images need only two threads. For many images, the other threads start with the first batches, which is soon
 * enough.
 */
const MOST = 2;

/** Null if the engine is not known yet, or computes on threads of its own. */
export function readyWorkers(settings: EmbedderSettings, cores: number): ReadyWorkers | null {
  const engine = knownEngine(settings);
  if (engine === null) return null;
  const threads = Math.min(settings.threads ?? cores, MOST);
  void engine.startEarly?.();
  return engine.parallelism === 'workers' && threads > 0 ? new ReadyWorkers(engine.name, threads) : null;
}

function knownEngine({ backend, device }: EmbedderSettings): Engine | null {
  if (backend !== 'auto') return engineByName(backend);
  // An engine without its hardware counts as one without its packages.
  const absent = engines
    .filter((engine) => engine.mayHaveHardware?.() === false)
    .flatMap(({ packages }) => packages.flat());
  const installed = (name: string) => !absent.includes(name) && installedVersion(name) !== null;
  const [first, second] = probeOrder({ device, installed }).filter(({ insteadOf }) => insteadOf === undefined);
  return first !== undefined && second === undefined ? engineByName(first.engine) : null;
}
