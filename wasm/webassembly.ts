/**
 * The part of the WebAssembly JavaScript API that this package uses (https://webassembly.github.io/spec/js-api/).
 * TypeScript declares the API only together with the browser's types.
 */

/** A compiled module. It can be sent to another thread. */
export interface WasmModule {
  readonly __module: never;
}

export interface WasmMemory<Buffer extends ArrayBufferLike = ArrayBuffer> {
  /** A new object each time the memory has grown. */
  readonly buffer: Buffer;
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
