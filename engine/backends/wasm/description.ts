/** TensorFlow.js on WebAssembly: it comes with image-drift and runs wherever Node does. */
import type { EngineDescription } from '../../contract/engine-description.js';

export const wasm = {
  name: 'wasm',
  packages: [],
  bundled: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
  howToInstall: null,
  parallelism: 'workers',
  hasDevices: false,
  auto: [{ on: 'any', rank: 60 }],
  load: async () => (await import('./backend.js')).wasm,
} as const satisfies EngineDescription;
