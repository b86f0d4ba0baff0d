/** Our own WebAssembly kernels: the fastest engine on a CPU that comes with image-drift. */
import type { EngineDescription } from '../../contract/engine-description.js';

export const simd = {
  name: 'simd',
  packages: [],
  howToInstall: null,
  parallelism: 'workers',
  hasDevices: false,
  auto: [{ on: 'any', rank: 40 }],
  async startEarly(precision) {
    const backend = await this.load();
    await backend.availability({ precision });
  },
  async expectWeights(bytes) {
    const { makeEarly } = await import('./kernel-memory.js');
    return makeEarly(bytes);
  },
  async describePlan(model, task) {
    const { describePlan } = await import('./program.js');
    return describePlan(model, task);
  },
  load: async () => (await import('./backend.js')).simd,
} as const satisfies EngineDescription;
