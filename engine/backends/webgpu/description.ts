/** Any GPU with a Vulkan, Metal or Direct3D 12 driver, through Dawn and TensorFlow.js's kernels. */
import type { EngineDescription } from '../../contract/engine-description.js';
import { CORE, DAWN, HOW_TO_INSTALL, KERNELS } from '../packages.js';
import { mayHaveGpu } from './hardware.js';

export const webgpu = {
  name: 'webgpu',
  packages: [[DAWN, KERNELS, CORE]],
  howToInstall: HOW_TO_INSTALL.webgpu,
  parallelism: 'own',
  hasDevices: true,
  auto: [{ on: 'gpu', rank: 10 }],
  mayHaveHardware: () => mayHaveGpu(),
  load: async () => (await import('./backend.js')).webgpu,
} as const satisfies EngineDescription;
