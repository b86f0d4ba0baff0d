/** The engines known here, those of `engines.ts`. Only their descriptions are loaded until one is asked for. */
import { ENGINES } from '#engines';
import { nearest } from '../../base/index.js';
import type { Backend } from '../contract/backend.js';
import type { EngineDescription } from '../contract/engine-description.js';
import { EngineError } from '../contract/engine-error.js';
export type EngineName = (typeof ENGINES)[number]['name'];

/**
 * The engines that can be asked for: `webgpu`, `tensorflow`, `onnxruntime` and `simd`. `auto` takes the fastest that
 * works on this machine. `examineEngines` tests which do.
 *
 * @example
 * ```ts
 * import { type BackendName, Embedder, weightsFolder } from 'image-drift';
 *
 * const backend: BackendName = 'simd';
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), { backend });
 * console.log(embedder.backend); // simd
 * await embedder.close();
 * ```
 */
export type BackendName = 'auto' | EngineName;

export type Engine = EngineDescription<EngineName>;

export const engines: readonly Engine[] = ENGINES;

export const ENGINE_NAMES: readonly EngineName[] = ENGINES.map(({ name }) => name);

export const BACKEND_NAMES: readonly BackendName[] = ['auto', ...ENGINE_NAMES];

/** The engine that GPUs are compared with, and that goes on if one is wrong or lost. */
export const REFERENCE: EngineName = 'simd';

export const ENGINE_PACKAGES: readonly string[] = [...new Set(engines.flatMap(({ packages }) => packages.flat()))];

/** @throws EngineError `BACKEND_UNKNOWN`, with the nearest name as a hint */
export function engineByName(name: string): Engine {
  const engine = engines.find((one) => one.name === name);
  if (engine !== undefined) return engine;
  const close = nearest(name, BACKEND_NAMES);
  throw new EngineError('BACKEND_UNKNOWN', `backend ${name}: not known; there are ${BACKEND_NAMES.join(', ')}`, {
    hint: close === null ? undefined : `Did you mean ${close}?`,
  });
}

/** @throws EngineError `BACKEND_UNKNOWN` */
export async function loadBackend(name: string): Promise<Backend> {
  const engine = engineByName(name);
  return { ...(await engine.load()), name: engine.name, parallelism: engine.parallelism };
}

type FileEngine = Engine & Required<Pick<Engine, 'openFile'>>;

/** The engine that runs ONNX files as they are. */
export function engineOfFiles(): FileEngine {
  return theOne((engine): engine is FileEngine => engine.openFile !== undefined, 'runs ONNX files');
}

type PlanningEngine = Engine & Required<Pick<Engine, 'describePlan'>>;

/** The engine whose plan `inspect --plan` shows. */
export function planningEngine(): PlanningEngine {
  return theOne((engine): engine is PlanningEngine => engine.describePlan !== undefined, 'describes its plan');
}

function theOne<T extends Engine>(test: (engine: Engine) => engine is T, does: string): T {
  const found = engines.find(test);
  if (found === undefined) throw new EngineError('NO_BACKEND', `no engine here ${does}`);
  return found;
}
