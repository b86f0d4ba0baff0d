/** WebGPU through Dawn and TensorFlow.js's kernels, which compute only in float32, whatever the GPU supports. */
import { installedVersion } from '#platform';
import { CodedError } from '../../../base/index.js';
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError, messageOf } from '../../contract/engine-error.js';
import { DAWN, KERNELS } from '../packages.js';
import { type FoundAdapter, findAdapter, isSoftware, noAdapter } from './adapters.js';
import { checkInstalled, type Dawn, loadDawn } from './dawn.js';
import { mayHaveAdapter, mayHaveGpu } from './hardware.js';

export const webgpu: EngineCode = {
  precisions: ['float32'],
  // TensorFlow.js also chooses its kernels by the number of images.
  compilesPerBatchSize: true,

  async availability({ device, onlyHardware = false } = {}): Promise<Availability> {
    try {
      checkInstalled(KERNELS);
      if (onlyHardware && !mayHaveGpu()) throw noAdapter();
      return describe(await findAdapter(await dawnWithAdapters(), device));
    } catch (error) {
      return unavailable(error);
    }
  },

  async compile(model: BoundGraph, options: CompileOptions) {
    if (options.precision !== 'float32') {
      const message = `backend webgpu: computes in float32, not in ${options.precision}`;
      throw new EngineError('PRECISION_UNSUPPORTED', message);
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
  const reason = `${maker || 'a GPU'}${by}${software ? ', emulated by the CPU: right, but slow' : ''}`;
  const kind = software ? 'software-gpu' : 'gpu';
  const driver = info.description || null;
  return { ok: true, reason, device: name, kind, driver, version: installedVersion(DAWN), howToGet: null };
}

/** Makes any error of a driver an answer, so that a check of availability never fails. */
function unavailable(error: unknown): Availability {
  const reason = messageOf(error).replace(/^backend webgpu: /, '');
  const howToGet = error instanceof CodedError ? error.hint : null;
  return { ok: false, reason, device: null, kind: 'gpu', driver: null, version: installedVersion(DAWN), howToGet };
}
