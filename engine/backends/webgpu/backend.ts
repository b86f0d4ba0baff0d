/**
 * WebGPU on any GPU with a Vulkan, Metal or Direct3D 12 driver, through Dawn and TensorFlow.js's kernels. The kernels
 * compute only in float32, even if the GPU supports float16.
 */
import { CodedError } from '../../../base/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { type FoundAdapter, findAdapter, isSoftware, noAdapter } from './adapters.js';
import { checkKernelsInstalled, type Dawn, dawnVersion, loadDawn } from './dawn.js';
import { mayHaveAdapter, mayHaveGpu } from './hardware.js';

export const webgpu: EngineCode = {
  precisions: ['float32'],
  // TensorFlow.js also chooses its kernels by the number of images.
  compilesPerBatchSize: true,

  async availability({ device, onlyHardware = false } = {}): Promise<Availability> {
    try {
      checkKernelsInstalled();
      if (onlyHardware && !mayHaveGpu()) throw noAdapter();
      return describe(await findAdapter(await dawnWithAdapters(), device));
    } catch (error) {
      return unavailable(error);
    }
  },

  async compile(model: BoundGraph, options: CompileOptions) {
    if (options.precision !== 'float32') {
      throw new EngineError(
        'PRECISION_UNSUPPORTED',
        `backend webgpu: computes in float32, not in ${options.precision}`,
      );
    }
    const dawn = await dawnWithAdapters();
    // These load TensorFlow.js, which is slow and not needed to check availability.
    const [{ WebgpuDevice }, { WebgpuProgram }] = await Promise.all([import('./device.js'), import('./program.js')]);
    const device = await WebgpuDevice.open(dawn, await findAdapter(dawn, options.device));
    return WebgpuProgram.create(device, model, options);
  },
};

/** @throws EngineError `BACKEND_NOT_INSTALLED`, `ADAPTER_MISSING` */
async function dawnWithAdapters(): Promise<Dawn> {
  const dawn = await loadDawn();
  if (!mayHaveAdapter()) throw noAdapter();
  return dawn;
}

function describe({ adapter: { info }, name, api }: FoundAdapter): Availability {
  const software = isSoftware(info);
  const maker = [info.vendor, info.architecture].filter((text) => text !== '').join(' ');
  const by = api === null ? '' : ` by ${api}`;
  return {
    ok: true,
    reason: `${maker || 'a GPU'}${by}${software ? ', emulated by the CPU: right, but slow' : ''}`,
    device: name,
    kind: software ? 'software-gpu' : 'gpu',
    driver: info.description || null,
    version: dawnVersion(),
    howToGet: null,
  };
}

/** Makes any error of a driver an answer, so that a check of availability never fails. */
function unavailable(error: unknown): Availability {
  const message = error instanceof Error ? error.message : String(error);
  return {
    ok: false,
    reason: message.replace(/^backend webgpu: /, ''),
    device: null,
    kind: 'gpu',
    driver: null,
    version: dawnVersion(),
    howToGet: error instanceof CodedError ? error.hint : null,
  };
}
