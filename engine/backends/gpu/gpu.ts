/** WebGPU as Dawn and browsers offer it (https://www.w3.org/TR/webgpu/), and the kernels that TensorFlow.js has for it. */
import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { Availability, CompileOptions, EngineCode } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';

export interface GpuAdapterInfo {
  vendor: string;
  architecture: string;
  device: string;
  /** Driver and version, in the driver's own words. */
  description: string;
  isFallbackAdapter?: boolean;
}

/** The limits that TensorFlow.js's own start-up asks for. */
export const LIMITS = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
] as const;

type GpuLimit = (typeof LIMITS)[number];

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly limits: Readonly<Record<GpuLimit, number>>;
  requestDevice(descriptor: { requiredLimits: Partial<Record<GpuLimit, number>> }): Promise<GpuDevice>;
}

export type GpuErrorFilter = 'validation' | 'out-of-memory' | 'internal';

export interface GpuDevice {
  readonly limits: Readonly<Record<GpuLimit, number>>;
  readonly lost: Promise<{ reason: string; message: string }>;
  pushErrorScope(filter: GpuErrorFilter): void;
  popErrorScope(): Promise<{ message: string } | null>;
  destroy(): void;
}

export interface Gpu {
  requestAdapter(options: { powerPreference?: 'high-performance' }): Promise<GpuAdapter | null>;
}

export interface FoundAdapter {
  /** Keeps Dawn alive. */
  gpu: Gpu;
  adapter: GpuAdapter;
  name: string;
  /** `vulkan`, `metal`, `d3d12`, …; null if nothing says. */
  api: string | null;
}

/** The backend that TensorFlow.js registers. */
export interface WebgpuKernels extends KernelBackend {
  readonly bufferManager: {
    readonly freeBuffers: ReadonlyMap<string, { readonly size: number; destroy(): void }[]>;
    numFreeBuffers: number;
    numBytesAllocated: number;
  };
}

/** `@tensorflow/tfjs-backend-webgpu`. */
export interface WebgpuKernelsPackage {
  WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => WebgpuKernels;
}

/** What TensorFlow.js's kernels can, whatever the GPU supports. */
export const ON_GPU = {
  precisions: ['float32'],
  // TensorFlow.js also chooses its kernels by the number of images.
  compilesPerBatchSize: true,
} as const satisfies Partial<EngineCode>;

/** @throws EngineError `PRECISION_UNSUPPORTED` */
export function checkPrecision({ precision }: CompileOptions): void {
  if (precision === 'float32') return;
  throw new EngineError('PRECISION_UNSUPPORTED', `backend webgpu: computes in float32, not in ${precision}`);
}

/** Software GPUs of Mesa, Chromium and Windows. */
const SOFTWARE = /llvmpipe|lavapipe|swiftshader|basic render driver|\bwarp\b/i;

export function isSoftware({ isFallbackAdapter, architecture, device, description }: GpuAdapterInfo): boolean {
  return isFallbackAdapter === true || [architecture, device, description].some((text) => SOFTWARE.test(text));
}

export function makerOf({ vendor, architecture }: GpuAdapterInfo): string {
  return [vendor, architecture].filter((text) => text !== '').join(' ') || 'a GPU';
}

export function describeAdapter({ adapter: { info }, name, api }: FoundAdapter, version: string | null): Availability {
  const software = isSoftware(info);
  const by = api === null ? '' : ` by ${api}`;
  const reason = `${makerOf(info)}${by}${software ? ', emulated by the CPU: right, but slow' : ''}`;
  const kind = software ? 'software-gpu' : 'gpu';
  return { ok: true, reason, device: name, kind, driver: info.description || null, version, howToGet: null };
}
