/**
 * The backends known here. A new one is one file in this folder and one line in `LOADERS`.
 *
 * Each is loaded when it is first asked for, so that the engines a program does not use cost it nothing.
 */
import { nearest } from '../../errors/index.js';
import type { Backend } from '../backend.js';
import { EngineError } from '../engine-error.js';

const LOADERS = {
  wasm: async (): Promise<Backend> => (await import('./wasm.js')).wasm,
  cpu: async (): Promise<Backend> => (await import('./cpu.js')).cpu,
};

export type BackendName = keyof typeof LOADERS;

export const BACKEND_NAMES = Object.keys(LOADERS) as readonly BackendName[];

export const DEFAULT_BACKEND: BackendName = 'wasm';

/** @throws EngineError `BACKEND_UNKNOWN` */
export async function loadBackend(name: string): Promise<Backend> {
  if (!Object.hasOwn(LOADERS, name)) throw unknownBackend(name);
  return LOADERS[name as BackendName]();
}

function unknownBackend(name: string): EngineError {
  const close = nearest(name, BACKEND_NAMES);
  return new EngineError('BACKEND_UNKNOWN', `backend ${name}: not known; there are ${BACKEND_NAMES.join(', ')}`, {
    hint: close === null ? undefined : `Did you mean ${close}?`,
  });
}
