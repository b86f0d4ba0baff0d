/** Dawn, Chromium's WebGPU, and TensorFlow.js's kernels, both optional. Types as in https://www.w3.org/TR/webgpu/. */

import { pathToFileURL } from 'node:url';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import { findOptionalPackage, loadOptionalPackage, type OptionalPackage } from '#platform';
import { EngineError, firstLine } from '../../contract/engine-error.js';
import { DAWN, HOW_TO_INSTALL, KERNELS } from '../packages.js';

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

/** npm's `webgpu`. */
export interface Dawn {
  /** @throws for an adapter or backend that does not exist, with a list of those that do */
  create(options: readonly string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
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
interface WebgpuKernelsPackage {
  WebGPUBackend: new (device: GpuDevice, info: GpuAdapterInfo) => WebgpuKernels;
}

/** @throws EngineError `BACKEND_NOT_INSTALLED` */
export function loadDawn(): Promise<Dawn> {
  return load(DAWN, ({ main }) => import(pathToFileURL(main).href) as Promise<Dawn>);
}

/** @throws EngineError `BACKEND_NOT_INSTALLED` if a package cannot be found; it is not loaded */
export function checkInstalled(name: string): OptionalPackage {
  const found = findOptionalPackage(name);
  if (found !== null) return found;
  const message = `backend webgpu: npm's ${name} is not installed`;
  throw new EngineError('BACKEND_NOT_INSTALLED', message, { hint: HOW_TO_INSTALL.webgpu });
}

/**
 * TensorFlow.js's kernels, which look for `navigator.gpu`. It is restored: other libraries would think of a browser.
 * @throws EngineError `BACKEND_NOT_INSTALLED`
 */
export async function createKernels(dawn: Dawn, gpu: Gpu, device: GpuDevice, info: GpuAdapterInfo) {
  const { WebGPUBackend } = await load(KERNELS, loadOptionalPackage<WebgpuKernelsPackage>);
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

async function load<T>(name: string, get: (found: OptionalPackage) => T | Promise<T>): Promise<T> {
  const found = checkInstalled(name);
  try {
    return await get(found);
  } catch (cause) {
    // A binary that does not fit this system (another libc, an unknown processor) names the cause in its first line.
    const message = `backend webgpu: npm's ${name} cannot be loaded: ${firstLine(cause)}`;
    throw new EngineError('BACKEND_NOT_INSTALLED', message, { cause });
  }
}
