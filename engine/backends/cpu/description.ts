/** TensorFlow.js in plain JavaScript: slow but correct. The other engines are checked with it. */
import type { EngineDescription } from '../../contract/engine-description.js';

export const cpu = {
  name: 'cpu',
  packages: [],
  bundled: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'],
  howToInstall: null,
  parallelism: 'workers',
  hasDevices: false,
  auto: [],
  isReference: true,
  load: async () => (await import('./backend.js')).cpu,
} as const satisfies EngineDescription;
