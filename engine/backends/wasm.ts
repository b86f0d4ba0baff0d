/** TensorFlow.js on WebAssembly (XNNPACK, 128-bit SIMD, one thread): the default, since it runs wherever Node does. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { env } from '@tensorflow/tfjs-core';
import type { Availability } from '../backend.js';
import { tfjsBackend } from '../tfjs/backend.js';

export const wasm = tfjsBackend({
  name: 'wasm',
  parallelism: 'workers',
  prepare() {
    const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(dirname(main) + sep);
  },
  async availability(): Promise<Availability> {
    return (await env().getAsync('WASM_HAS_SIMD_SUPPORT'))
      ? { ok: true, reason: 'WebAssembly with 128-bit SIMD', device: 'cpu', kind: 'cpu' }
      : { ok: true, reason: 'WebAssembly without SIMD, about four times slower', device: 'cpu', kind: 'cpu' };
  },
});
