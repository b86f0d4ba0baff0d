/**
 * Dawn, Chromium's WebGPU, from npm's `webgpu`, and TensorFlow.js's kernels for it. Both are optional packages and are
 * loaded when they are first needed.
 *
 * The types cover the few members used here, from https://www.w3.org/TR/webgpu/. So this package compiles without
 * either of them.
 */
import { createRequire } from 'node:module';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { EngineError } from '../../contract/engine-error.js';
import { DAWN, HOW_TO_INSTALL, KERNELS } from './packages.js';

export interface GpuAdapterInfo {
  vendor: string;
  architecture: string;
  device: string;
  /** Driver and version, in the driver's own words. */
  description: string;
  isFallbackAdapter?: boolean;
}

export type GpuLimit =
  | 'maxBufferSize'
  | 'maxComputeInvocationsPerWorkgroup'
  | 'maxComputeWorkgroupSizeX'
  | 'maxComputeWorkgroupStorageSize'
  | 'maxComputeWorkgroupsPerDimension'
  | 'maxStorageBufferBindingSize';

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

/** npm's `webgpu`. */
export interface Dawn {
  /** @throws for an adapter or backend that does not exist, with a list of those that do */
  create(options: readonly string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

export interface PooledBuffer {
  readonly size: number;
  destroy(): void;
}

/** The backend that TensorFlow.js registers. */
export interface WebgpuKernels extends KernelBackend {
  readonly bufferManager: {
    readonly freeBuffers: ReadonlyMap<string, PooledBuffer[]>;
    numFreeBuffers: number;
    numBytesAllocated: number;
  };
}

/** `@tensorflow/tfjs-backend-webgpu`. */
interface WebgpuKernelsPackage {
  WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => WebgpuKernels;
}

/** @throws EngineError `BACKEND_NOT_INSTALLED` */
export function loadDawn(): Promise<Dawn> {
  return load(DAWN, async () => (await import(DAWN)) as Dawn);
}

/** TensorFlow.js and its kernels are CommonJS: `import` would scan them for names, which takes longer. */
const require = createRequire(import.meta.url);

/** The installed version of npm's `webgpu`; null if it is not installed. */
export function dawnVersion(): string | null {
  try {
    return (require(`${DAWN}/package.json`) as { version: string }).version;
  } catch {
    return null;
  }
}

/**
 * Looks for TensorFlow.js's kernels without loading them.
 *
 * @throws EngineError `BACKEND_NOT_INSTALLED` if they cannot be found
 */
export function checkKernelsInstalled(): void {
  try {
    require.resolve(KERNELS);
  } catch (cause) {
    throw notInstalled(KERNELS, cause);
  }
}

/**
 * TensorFlow.js's kernels on a device. They look for WebGPU's constants among the globals and, while they are created,
 * for `navigator.gpu`. The constants stay. `navigator` is restored, since other libraries would take it for a
 * browser's.
 *
 * @throws EngineError `BACKEND_NOT_INSTALLED`
 */
export async function createKernels(dawn: Dawn, gpu: Gpu, device: GpuDevice, info: GpuAdapterInfo) {
  const { WebGPUBackend } = await load(KERNELS, async () => require(KERNELS) as WebgpuKernelsPackage);
  Object.assign(globalThis, dawn.globals);
  return withNavigator({ gpu }, () => new WebGPUBackend(device, info));
}

function withNavigator<T>(navigator: object, task: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  // Plain assignment throws from Node 21 on, where `navigator` has only a getter.
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true, writable: true });
  try {
    return task();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', before);
  }
}

async function load<T>(name: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (cause) {
    throw notInstalled(name, cause);
  }
}

function notInstalled(name: string, cause: unknown): EngineError {
  const why = (cause as { code?: unknown }).code;
  const missing = why === 'ERR_MODULE_NOT_FOUND' || why === 'MODULE_NOT_FOUND';
  // A binary that does not fit this system (another libc, an unknown processor) names the cause in its first line.
  const reason = missing ? 'is not installed' : `cannot be loaded: ${firstLine(cause)}`;
  return new EngineError('BACKEND_NOT_INSTALLED', `backend webgpu: npm's ${name} ${reason}`, {
    hint: missing ? HOW_TO_INSTALL : undefined,
    cause,
  });
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!;
}
