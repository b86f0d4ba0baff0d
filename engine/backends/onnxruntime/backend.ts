/** onnxruntime, on CPUs and on the accelerators that it finds. */
import type { Availability, EngineCode } from '../../contract/backend.js';
import { nvidiaDriver } from '../nvidia.js';
import { chooseDevice, unusable, versionOf } from './device.js';
import { OnnxRuntimeProgram } from './program.js';
import { deviceName } from './runtime.js';

/** The most copies of the weights on a machine with many cores. */
const MOST_WORKERS = 4;

export const onnxruntime: EngineCode = {
  mostWorkers: MOST_WORKERS,
  precisions: ['float32'],
  async availability({ device } = {}): Promise<Availability> {
    const choice = await chooseDevice(device);
    if (!choice.ok) {
      const { reason, kind, version, howToGet } = choice;
      return { ok: false, reason, device: null, kind, version, howToGet };
    }
    return {
      ok: true,
      reason: choice.remark,
      device: deviceName(choice.device),
      kind: choice.device.provider === 'cpu' ? 'cpu' : 'gpu',
      driver: choice.device.provider === 'cuda' ? nvidiaDriver() : null,
      version: versionOf(choice.runtime.found),
    };
  },
  async compile(model, options) {
    const choice = await chooseDevice(options.device);
    if (!choice.ok) throw unusable(choice);
    return OnnxRuntimeProgram.compile(choice.runtime, model, options, choice.device);
  },
};
