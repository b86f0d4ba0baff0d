/** The GPU of a browser, through TensorFlow.js's kernels: for pages that ask for them, which are larger for it. */
import { findOptionalPackage, loadOptionalPackage } from '#platform';
import type { EngineCode } from '../../contract/backend.js';
import type { EngineDescription } from '../../contract/engine-description.js';
import { EngineError } from '../../contract/engine-error.js';
import type { Gpu } from '../gpu/gpu.js';
import { KERNELS, KERNELS_VERSION } from '../packages.js';

/** The entry of this package that brings the engine to a page. */
export const ENTRY = 'image-drift/browser/webgpu';
const HOW = `call allowWebgpu of ${ENTRY} (npm install ${KERNELS}@${KERNELS_VERSION})`;

/** What the browser has of GPUs; undefined also where the page does not come from HTTPS or this machine. */
export function gpuOfBrowser(): Gpu | undefined {
  return (globalThis as unknown as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
}

export const webgpu = {
  name: 'webgpu',
  packages: [[ENTRY]],
  howToInstall: HOW,
  parallelism: 'own',
  hasDevices: true,
  auto: [{ on: 'gpu', rank: 10 }],
  mayHaveHardware: () => gpuOfBrowser() !== undefined,
  async load() {
    const found = findOptionalPackage(ENTRY);
    if (found !== null) return loadOptionalPackage<EngineCode>(found);
    throw new EngineError('BACKEND_NOT_INSTALLED', 'backend webgpu: this page does not bring it', { hint: HOW });
  },
} as const satisfies EngineDescription;
