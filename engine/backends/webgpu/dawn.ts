/** Dawn, Chromium's WebGPU, and TensorFlow.js's kernels, both optional. */

import { pathToFileURL } from 'node:url';
import { findOptionalPackage, loadOptionalPackage, type OptionalPackage } from '#platform';
import { EngineError, firstLine } from '../../contract/engine-error.js';
import type { FoundAdapter, Gpu, GpuDevice, WebgpuKernelsPackage } from '../gpu/gpu.js';
import { DAWN, HOW_TO_INSTALL, KERNELS } from '../packages.js';

/** npm's `webgpu`. */
export interface Dawn {
  /** @throws for an adapter or backend that does not exist, with a list of those that do */
  create(options: readonly string[]): Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
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
export async function createKernels(dawn: Dawn, { gpu, adapter }: FoundAdapter, device: GpuDevice) {
  const { WebGPUBackend } = await load(KERNELS, loadOptionalPackage<WebgpuKernelsPackage>);
  Object.assign(globalThis, dawn.globals);
  return withNavigator({ gpu }, () => new WebGPUBackend(device, adapter.info));
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
