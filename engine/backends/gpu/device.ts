/** An open GPU, with a backend for each program. WebGPU reports errors late; `watch` ties them to their work. */
import { CodedError } from '../../../base/index.js';
import { EngineError, messageOf } from '../../contract/engine-error.js';
import { tf } from '../tfjs/global-engine.js';
import type { Watched } from '../tfjs/program.js';
import { type FoundAdapter, type GpuDevice, type GpuErrorFilter, LIMITS, type WebgpuKernels } from './gpu.js';

/** The name under which TensorFlow.js keeps its WebGPU kernels. */
const KERNELS_OF = 'webgpu';

/** How long to wait for the reason of a loss. Reads are aborted immediately; the reason may come a little later. */
const NEWS_OF_LOSS_MS = 200;

let opened = 0;

export class WebgpuDevice {
  /** The name under which TensorFlow.js knows this device. */
  readonly backend: string;
  /** Bytes of the largest tensor that a kernel can take. */
  readonly largestTensor: number;

  /** Kept because Dawn ends when nothing refers to it. */
  readonly #found: FoundAdapter;
  readonly #device: GpuDevice;
  readonly #kernels: WebgpuKernels;
  readonly #loss: Promise<void>;
  /** The reason for the loss; null while the device works. */
  #lost: string | null = null;

  private constructor(found: FoundAdapter, device: GpuDevice, kernels: WebgpuKernels) {
    this.backend = `${KERNELS_OF} ${++opened}`;
    this.largestTensor = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    this.#found = found;
    this.#device = device;
    this.#kernels = kernels;
    tf.copyRegisteredKernels(KERNELS_OF, this.backend);
    tf.registerBackend(this.backend, () => kernels);
    this.#loss = device.lost.then(({ reason, message }) => {
      this.#lost = message || reason;
    });
  }

  get name(): string {
    return this.#found.name;
  }

  /** @param kernels makes those of a device @throws EngineError `BACKEND_NOT_INSTALLED`, `BACKEND_FAILED` */
  static async open(
    found: FoundAdapter,
    kernels: (device: GpuDevice) => Promise<WebgpuKernels>,
  ): Promise<WebgpuDevice> {
    const { adapter, name } = found;
    const requiredLimits = Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]]));
    let device: GpuDevice;
    try {
      device = await adapter.requestDevice({ requiredLimits });
    } catch (cause) {
      const message = `backend webgpu: the GPU ${name} could not be opened: ${messageOf(cause)}`;
      throw new EngineError('BACKEND_FAILED', message, { cause });
    }
    return new WebgpuDevice(found, device, await kernels(device));
  }

  /** `accepted` rejects if the GPU cannot do it all. @throws EngineError `OUT_OF_MEMORY` if that is known at once */
  watch<T>(record: () => T): Watched<T> {
    // The last scope pushed sees an error first. Each scope takes only its own kind.
    const filters: readonly GpuErrorFilter[] = ['internal', 'validation', 'out-of-memory'];
    for (const filter of filters) this.#device.pushErrorScope(filter);
    const pop = () => [...filters].reverse().map((filter) => this.#pop(filter));
    try {
      return { value: record(), accepted: Promise.all(pop()).then(() => {}) };
    } catch (error) {
      for (const scope of pop()) scope.catch(() => {});
      // Memory that is filled immediately must be available now.
      throw error instanceof RangeError ? this.#outOfMemory(error.message, error) : error;
    }
  }

  async #pop(filter: GpuErrorFilter): Promise<void> {
    const error = await this.#device.popErrorScope();
    if (error === null) return;
    if (filter === 'out-of-memory') throw this.#outOfMemory(error.message, error);
    throw new EngineError('BACKEND_FAILED', `the GPU ${this.name} refused a batch: ${oneLine(error.message)}`);
  }

  #outOfMemory(why: string, cause: unknown): EngineError {
    return new EngineError('OUT_OF_MEMORY', `the GPU ${this.name} has too little memory for it: ${oneLine(why)}`, {
      hint: 'Take a smaller batch.',
      cause,
    });
  }

  /** Gives `error`, or the loss of the device if that caused it. */
  async explain(error: unknown): Promise<unknown> {
    const code = error instanceof CodedError ? error.code : null;
    if (code === 'OUT_OF_MEMORY') this.freePool();
    if (code === null || code === 'BACKEND_FAILED') await Promise.race([this.#loss, later(NEWS_OF_LOSS_MS)]);
    return this.#lost === null ? error : this.#lostError(error);
  }

  /** @throws EngineError `DEVICE_LOST` */
  checkPresent(): void {
    if (this.#lost !== null) throw this.#lostError(null);
  }

  #lostError(cause: unknown): EngineError {
    return new EngineError('DEVICE_LOST', `the GPU ${this.name} was lost: ${oneLine(this.#lost ?? '')}`, {
      hint: 'Run it again; if that fails as well, take another backend or a smaller batch.',
      cause,
    });
  }

  /** Frees the buffers that TensorFlow.js keeps for ever for later tensors of the same size. */
  freePool(): void {
    const manager = this.#kernels.bufferManager;
    for (const buffers of manager.freeBuffers.values()) {
      for (const buffer of buffers.splice(0)) {
        buffer.destroy();
        manager.numFreeBuffers--;
        manager.numBytesAllocated -= buffer.size;
      }
    }
  }

  /** No read may be under way: it would be aborted. */
  close(): void {
    tf.removeBackend(this.backend);
    for (const { kernelName } of tf.getKernelsForBackend(this.backend)) tf.unregisterKernel(kernelName, this.backend);
    this.#device.destroy();
  }
}

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
