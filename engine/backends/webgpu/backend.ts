/**
 * WebGPU: any GPU with a Vulkan, Metal or Direct3D 12 driver, by Dawn and TensorFlow.js's kernels. The kernels are
 * float32 only, also where the GPU computes in float16.
 */
import { CodedError } from '../../../errors/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { type FoundAdapter, findAdapter, isSoftware, noAdapter } from './adapters.js';
import { checkKernelsInstalled, dawnVersion, loadDawn } from './dawn.js';
import { mayHaveGpu } from './hardware.js';

export const webgpu: EngineCode = {
  precisions: ['float32'],
  // Which of its kernels TensorFlow.js takes depends on the number of images, too.
  compilesPerBatchSize: true,

  async availability({ device, onlyHardware = false } = {}): Promise<Availability> {
    try {
      checkKernelsInstalled();
      if (onlyHardware && !mayHaveGpu()) throw noAdapter();
      return describe(await findAdapter(await loadDawn(), device));
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
    const dawn = await loadDawn();
    // These load TensorFlow.js, for which nobody who only asks should wait.
    const [{ WebgpuDevice }, { WebgpuProgram }] = await Promise.all([import('./device.js'), import('./program.js')]);
    const device = await WebgpuDevice.open(dawn, await findAdapter(dawn, options.device));
    return WebgpuProgram.create(device, model, options);
  },
};

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

/** A driver may fail in ways nobody foresaw; that is no reason to fail for whoever only asks. */
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
