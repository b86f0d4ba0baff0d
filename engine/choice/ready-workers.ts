/** Worker threads that start before the weights are read, where it is known by then that they will be needed. */
import { type EngineName, loadBackend } from '../backends/registry.js';
import { mayHaveGpu } from '../backends/webgpu/hardware.js';
import type { EmbedderSettings } from '../embedder-options.js';
import { type EnginePackage, installedVersion } from '../packages/installed.js';
import { ReadyWorkers } from '../workers/start-worker.js';
import { probeOrder } from './probe-order.js';

/** A few images need no more, and for many the others start soon enough: with the first batches. */
const MOST = 2;

/** Null where the engine is not known yet, or computes on threads of its own. */
export function readyWorkers(settings: EmbedderSettings, cores: number): ReadyWorkers | null {
  const engine = knownEngine(settings);
  const threads = Math.min(settings.threads ?? cores, MOST);
  // Its kernels are made ready meanwhile, too; never rejects.
  if (engine === 'simd') void loadBackend(engine).then((simd) => simd.availability());
  const inWorkers = engine === 'simd' || engine === 'wasm' || engine === 'cpu';
  return inWorkers && threads > 0 ? new ReadyWorkers(engine, threads) : null;
}

function knownEngine({ backend, device }: EmbedderSettings): EngineName | null {
  if (backend !== 'auto') return backend;
  const installed = (name: EnginePackage) => installedVersion(name) !== null && (name !== 'webgpu' || mayHaveGpu());
  const [first, second] = probeOrder({ device, installed }).filter(({ insteadOf }) => insteadOf === undefined);
  return first !== undefined && second === undefined ? first.engine : null;
}
