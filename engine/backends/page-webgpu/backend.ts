/** WebGPU as the browser has it: of all GPUs, it shows the fastest. */
import { findOptionalPackage, loadOptionalPackage } from '#platform';
import type { BoundGraph } from '../../../graph/index.js';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError, messageOf } from '../../contract/engine-error.js';
import {
  checkPrecision,
  describeAdapter,
  type FoundAdapter,
  type GpuDevice,
  makerOf,
  ON_GPU,
  type WebgpuKernels,
  type WebgpuKernelsPackage,
} from '../gpu/gpu.js';
import { KERNELS, KERNELS_VERSION } from '../packages.js';
import { gpuOfBrowser } from './description.js';

export const webgpu: EngineCode = {
  ...ON_GPU,

  async availability({ device } = {}): Promise<Availability> {
    try {
      return describeAdapter(await adapterOf(device), KERNELS_VERSION);
    } catch (error) {
      const reason = messageOf(error).replace(/^backend webgpu: /, '');
      return { ok: false, reason, device: null, kind: 'gpu', driver: null, version: KERNELS_VERSION, howToGet: null };
    }
  },

  async compile(model: BoundGraph, options: CompileOptions) {
    checkPrecision(options);
    const found = await adapterOf(options.device);
    const [{ WebgpuDevice }, { WebgpuProgram }] = await Promise.all([
      import('../gpu/device.js'),
      import('../gpu/program.js'),
    ]);
    const device = await WebgpuDevice.open(found, (opened) => kernelsOf(opened, found));
    return WebgpuProgram.create(device, model, options);
  },
};

/** @param device part of the adapter's name, or 0 @throws EngineError `ADAPTER_MISSING` */
async function adapterOf(device: string | undefined): Promise<FoundAdapter> {
  const gpu = gpuOfBrowser();
  const adapter = (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) ?? null;
  if (gpu === undefined || adapter === null) {
    throw new EngineError('ADAPTER_MISSING', 'backend webgpu: this browser offers no GPU to this page');
  }
  const { info } = adapter;
  const name = info.description || info.device || makerOf(info);
  const isMeant = device === undefined || device === '0' || name.toLowerCase().includes(device.toLowerCase());
  if (isMeant) return { gpu, adapter, name, api: null };
  throw new EngineError('ADAPTER_MISSING', `device "${device}": no such GPU; there is 0 ${name}`);
}

async function kernelsOf(device: GpuDevice, { adapter }: FoundAdapter): Promise<WebgpuKernels> {
  const { WebGPUBackend } = await loadOptionalPackage<WebgpuKernelsPackage>(findOptionalPackage(KERNELS)!);
  return new WebGPUBackend(device, adapter.info);
}
