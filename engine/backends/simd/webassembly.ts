/** The part of the WebAssembly interface that is used here; TypeScript has it with the browser's types only. */

export interface WasmModule {
  readonly __module: never;
}

export interface WasmMemory {
  /** A new object after the memory has grown. */
  readonly buffer: SharedArrayBuffer;
  /** By pages of 64 KiB; gives how many there were. Throws a RangeError when the memory cannot grow. */
  grow(pages: number): number;
}

interface Interface {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  Module: { exports(module: WasmModule): { name: string; kind: string }[] };
  Instance: new (
    module: WasmModule,
    imports: Record<string, Record<string, unknown>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
}

/** Not there with `node --jitless`. */
export const wasmInterface: Interface | undefined = (globalThis as unknown as { WebAssembly?: Interface }).WebAssembly;

/** Bytes of a page. */
export const PAGE = 65_536;
/** Pages of the largest memory: 4 GiB. */
export const MAX_PAGES = 65_536;
