import v8 from 'node:v8';
import { MAX_PAGES, PAGE, wasmInterface } from '../../../base/wasm/index.js';
import { ALIGNMENT } from '../../../engine/backends/simd/abi.js';
import { readModule } from '../../../engine/backends/simd/builds/compile-module.js';
import { type Build, type KernelModule, modulesOf } from '../../../engine/backends/simd/builds/modules.js';
import type { SharedMemory } from '../../../engine/backends/simd/kernel-memory.js';
import type { Kernel } from './reference-kernels.js';

export class View {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;

  constructor(buffer: ArrayBufferLike) {
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#integers = new Int32Array(buffer);
    this.#floats = new Float32Array(buffer);
  }

  byte(address: number): number {
    return this.#bytes[address]!;
  }
  word(address: number): number {
    return this.#words[address / 4]!;
  }
  integer(address: number): number {
    return this.#integers[address / 4]!;
  }
  float(address: number): number {
    return this.#floats[address / 4]!;
  }
  double(address: number): number {
    return new Float64Array(this.#bytes.buffer, address, 1)[0]!;
  }
  /** A word that is a float32. */
  bits(word: number): number {
    return new Float32Array(Uint32Array.of(word).buffer)[0]!;
  }
  store(address: number, value: number): void {
    this.#floats[address / 4] = value;
  }
  clamp(clampAt: number, value: number): number {
    return Math.min(Math.max(value, this.float(clampAt)), this.float(clampAt + 32));
  }
}

// A `SharedMemory` over a plain ArrayBuffer. Addresses are never reused, and new memory is never zero.

/** Every float32 of these bytes is NaN, so reading before writing shows. */
const GARBAGE = 0xff;

export class TestMemory implements SharedMemory {
  #buffer = new ArrayBuffer(1 << 20);
  #top = ALIGNMENT;
  readonly #live = new Map<number, number>();

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Bytes allocated and not freed. */
  get liveBytes(): number {
    return [...this.#live.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  allocate(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes) / ALIGNMENT) * ALIGNMENT;
    if (this.#top > this.#buffer.byteLength) {
      const old = new Uint8Array(this.#buffer);
      this.#buffer = new ArrayBuffer(Math.max(this.#top, 2 * old.length));
      new Uint8Array(this.#buffer).set(old);
    }
    new Uint8Array(this.#buffer, address, bytes).fill(GARBAGE);
    this.#live.set(address, bytes);
    return address;
  }

  free(address: number): void {
    if (!this.#live.delete(address)) throw new Error(`Nothing is allocated at ${address}.`);
  }
}

// The built kernels over a shared WebAssembly memory, for specs and benchmarks, without the engine around them.

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
