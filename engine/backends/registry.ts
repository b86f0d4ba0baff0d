/**
 * The backends known here. A new one is one file in this folder and one line in `LOADERS`.
 *
 * Each is loaded when it is first asked for, so that the engines a program does not use cost it nothing.
 */
import { nearest } from '../../errors/index.js';
import type { Backend } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

const LOADERS = {
  webgpu: async (): Promise<Backend> => (await import('./webgpu/backend.js')).webgpu,
  tensorflow: async (): Promise<Backend> => (await import('./tensorflow/backend.js')).tensorflow,
  onnxruntime: async (): Promise<Backend> => (await import('./onnxruntime/backend.js')).onnxruntime,
  simd: async (): Promise<Backend> => (await import('./simd/backend.js')).simd,
  wasm: async (): Promise<Backend> => (await import('./wasm/backend.js')).wasm,
  cpu: async (): Promise<Backend> => (await import('./cpu/backend.js')).cpu,
};

/** Of an engine. */
export type EngineName = keyof typeof LOADERS;

/** What a user may ask for: `auto` takes the fastest that is there. */
export type BackendName = 'auto' | EngineName;

export const ENGINE_NAMES = Object.keys(LOADERS) as readonly EngineName[];

export const BACKEND_NAMES: readonly BackendName[] = ['auto', ...ENGINE_NAMES];

/** @throws EngineError `BACKEND_UNKNOWN` */
export async function loadBackend(name: string): Promise<Backend> {
  if (!Object.hasOwn(LOADERS, name)) throw unknownBackend(name);
  return LOADERS[name as EngineName]();
}

function unknownBackend(name: string): EngineError {
  const close = nearest(name, BACKEND_NAMES);
  return new EngineError('BACKEND_UNKNOWN', `backend ${name}: not known; there are ${BACKEND_NAMES.join(', ')}`, {
    hint: close === null ? undefined : `Did you mean ${close}?`,
  });
}
