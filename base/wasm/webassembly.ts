/**
 * The part of the WebAssembly JavaScript API that this package uses (https://webassembly.github.io/spec/js-api/).
 * TypeScript declares the API only together with the browser's types.
 */

/** A compiled module. It can be sent to another thread. */
export interface WasmModule {
  readonly __module: never;
}

export interface WasmMemory<Bytes extends ArrayBufferLike = ArrayBuffer> {
  /** A new object each time the memory has grown. */
  readonly buffer: Bytes;
  /**
   * Grows by pages of `PAGE` bytes.
   *
   * @returns the number of pages before
   * @throws RangeError when the memory cannot grow
   */
  grow(pages: number): number;
}

/** Module name → name → what is imported. */
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface WasmInterface {
  /** True if this runtime, with its present switches, can compile the module. */
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  Module: {
    new (bytes: Uint8Array): WasmModule;
    exports(module: WasmModule): { name: string; kind: string }[];
  };
  Instance: new (module: WasmModule, imports?: WasmImports) => { readonly exports: Readonly<Record<string, unknown>> };
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => WasmMemory<SharedArrayBuffer>;
}

/** Undefined with `node --jitless`. */
export const wasmInterface: WasmInterface | undefined = (globalThis as unknown as { WebAssembly?: WasmInterface })
  .WebAssembly;

/** Bytes of a page. */
export const PAGE = 65_536;
/** Pages of the largest memory: 4 GiB. */
export const MAX_PAGES = 65_536;

/** The smallest module with a SIMD instruction: `i32.const 0; i8x16.splat; drop`, as in wasm-feature-detect. */
const SIMD_PROBE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 4, 1, 96, 0, 0],
  ...[3, 2, 1, 0],
  ...[10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11],
);

/** True if there are 128-bit vectors. They depend on the processor, too. */
export function hasSimd(): boolean {
  return wasmInterface?.validate(SIMD_PROBE) ?? false;
}

/** Whether there are memories for threads. Whether other threads may have them is another question. */
export function hasSharedMemory(): boolean {
  try {
    return wasmInterface !== undefined && new wasmInterface.Memory({ initial: 1, maximum: 1, shared: true }) !== null;
  } catch {
    return false;
  }
}

/** Grows a memory until it has at least so many bytes. @throws RangeError when it cannot grow */
export function reserve(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}

/** The smallest multiple that is not below a value. @param value 0 or more */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
