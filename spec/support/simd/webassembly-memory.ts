/** The built kernels over a shared WebAssembly memory, for specs and benchmarks, without the engine around them. */
import v8 from 'node:v8';
import { MAX_PAGES, PAGE, wasmInterface } from '../../../base/wasm/index.js';
import { ALIGNMENT } from '../../../engine/backends/simd/abi/layout.js';
import { readModule } from '../../../engine/backends/simd/builds/compile-module.js';
import { type Build, type KernelModule, modulesOf } from '../../../engine/backends/simd/builds/modules.js';
import type { SharedMemory } from '../../../engine/backends/simd/memory/kernel-memory.js';
import type { Kernel } from './reference-kernels.js';

/** Addresses are never reused. */
export class WebAssemblyMemory implements SharedMemory {
  readonly #memory = new wasmInterface!.Memory({ initial: 1, maximum: MAX_PAGES, shared: true });
  #top = ALIGNMENT;

  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  allocate(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    const missing = this.#top - this.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    return address;
  }

  free(): void {}

  /** Stores these words or floats, and returns their address. */
  place(values: Int32Array | Uint32Array | Float32Array): number {
    const address = this.allocate(values.byteLength);
    new Uint8Array(this.buffer, address).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return address;
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.buffer, address, count);
  }

  /** The kernels of all modules of a build in this memory, by the names of their exports. */
  kernels(build: Build): Readonly<Record<string, Kernel>> {
    if (process.version.startsWith('v20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    const modules = modulesOf('any').filter((module) => module.build === build);
    return Object.assign({}, ...modules.map((module) => this.#exportsOf(module)));
  }

  #exportsOf(module: KernelModule): object {
    const compiled = new wasmInterface!.Module(readModule(module)!);
    return new wasmInterface!.Instance(compiled, { env: { memory: this.#memory } }).exports;
  }
}
