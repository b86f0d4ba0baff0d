/** TensorFlow, through `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` if a user has installed it. */
import type { EngineDescription } from '../../contract/engine-description.js';
import { HOW_TO_INSTALL, WITH_GPU, WITHOUT_GPU } from '../packages.js';

export const tensorflow = {
  name: 'tensorflow',
  packages: [[WITH_GPU], [WITHOUT_GPU]],
  howToInstall: HOW_TO_INSTALL.tensorflow,
  parallelism: 'own',
  hasDevices: true,
  auto: [
    { on: 'gpu', rank: 20, packages: [[WITH_GPU]] },
    { on: 'any', rank: 50 },
  ],
  load: async () => (await import('./backend.js')).tensorflow,
} as const satisfies EngineDescription;
