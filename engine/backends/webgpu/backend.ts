/** WebGPU through Dawn and TensorFlow.js's kernels. */
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { checkPrecision, ON_GPU } from '../gpu/gpu.js';
import { DAWN, KERNELS } from '../packages.js';
import { findAdapter, noAdapter } from './adapters.js';
import { checkInstalled, createKernels, loadDawn } from './dawn.js';
import { mayHaveGpu } from './hardware.js';
import { probe, unavailable } from './probe.js';

export const webgpu: EngineCode = {
  ...ON_GPU,

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
    checkPrecision(options);
    const dawn = await loadDawn();
    // These load TensorFlow.js, which is slow and not needed to check availability.
    const [{ WebgpuDevice }, { WebgpuProgram }] = await Promise.all([
      import('../gpu/device.js'),
      import('../gpu/program.js'),
    ]);
    const found = await findAdapter(dawn, options.device);
    const device = await WebgpuDevice.open(found, (opened) => createKernels(dawn, found, opened));
    return WebgpuProgram.create(device, model, options);
  },
};
