/**
 * Loads the WebAssembly kernel (`assembly/kernel.ts`). Its file lies beside this code and is compiled once, on first
 * use.
 */
import { existsSync, readFileSync } from 'node:fs';

/** The used part of the WebAssembly API. TypeScript declares it only together with the browser's types. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { kernel: { exactSquare(row: number, centroid: number): number } },
  ) => { exports: KernelExports };
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

export interface KernelExports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  reassign(
    rowCount: number,
    clusters: number,
    rowBytes: number,
    rows: number,
    centroids: number,
    labels: number,
    uppers: number,
    lowers: number,
    shifts: number,
    moved: number,
    half: number,
    halfGap: number,
    changes: number,
    slack: number,
    relative: number,
    absolute: number,
  ): number;
  squares(
    rowCount: number,
    columns: number,
    rowBytes: number,
    rows: number,
    vectors: number,
    labels: number,
    out: number,
  ): void;
  addRow(row: number, columns: number, sum: number, sign: number): void;
  addRows(rowCount: number, columns: number, rowBytes: number, rows: number, labels: number, sums: number): void;
  closestWith(
    rowCount: number,
    trials: number,
    columns: number,
    rowBytes: number,
    rows: number,
    trials32: number,
    trials64: number,
    toCentres: number,
    stride: number,
    nearest: number,
    closest: number,
    relative: number,
    absolute: number,
    out: number,
  ): void;
  secondSquares(
    rowCount: number,
    clusters: number,
    columns: number,
    rowBytes: number,
    rows: number,
    centroids32: number,
    centroids64: number,
    neighbours: number,
    apart: number,
    labels: number,
    squares: number,
    relative: number,
    absolute: number,
    out: number,
  ): void;
}

/** `null`: not available here; `undefined`: not tried yet. */
let compiled: object | null | undefined;

/**
 * Makes an instance with its own memory.
 *
 * @param exactSquare squared distance of a row to a centroid in float64
 * @returns null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work
 */
export function instantiateKernel(exactSquare: (row: number, centroid: number) => number): KernelExports | null {
  compiled ??= compiled === null ? null : compile();
  if (compiled === null) return null;
  return new WebAssembly.Instance(compiled, { kernel: { exactSquare } }).exports;
}

function compile(): object | null {
  const file = new URL('../kernel.wasm', import.meta.url);
  // A bare type check does not build the file. The specs require it.
  if (!existsSync(file)) return null;
  const bytes = readFileSync(file);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}
