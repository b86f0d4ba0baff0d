/** WebGPU through Dawn and TensorFlow.js's kernels, which compute only in float32, whatever the GPU supports. */
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { DAWN, KERNELS } from '../packages.js';
import { findAdapter, noAdapter } from './adapters.js';
import { checkInstalled, loadDawn } from './dawn.js';
import { mayHaveGpu } from './hardware.js';
import { probe, unavailable } from './probe.js';

export const webgpu: EngineCode = {
  precisions: ['float32'],
  // TensorFlow.js also chooses its kernels by the number of images.
  compilesPerBatchSize: true,

  async availability({ device, onlyHardware = false } = {}): Promise<Availability> {
    try {
      for (const name of [KERNELS, DAWN]) checkInstalled(name);
      if (onlyHardware && !mayHaveGpu()) throw noAdapter();
      return await probe(device);
    } catch (error) {
      return unavailable(error);
    }
  },

  async compile(model: BoundGraph, options: CompileOptions) {
    if (options.precision !== 'float32') {
      const message = `backend webgpu: computes in float32, not in ${options.precision}`;
      throw new EngineError('PRECISION_UNSUPPORTED', message);
    }
    const dawn = await loadDawn();
    // These load TensorFlow.js, which is slow and not needed to check availability.
    const [{ WebgpuDevice }, { WebgpuProgram }] = await Promise.all([import('./device.js'), import('./program.js')]);
    const device = await WebgpuDevice.open(dawn, await findAdapter(dawn, options.device));
    return WebgpuProgram.create(device, model, options);
  },
};
