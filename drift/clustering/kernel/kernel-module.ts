/**
 * Loads the WebAssembly kernel (`assembly/kernel.ts`). Its file lies beside this code and is compiled once, on first
 * use.
 */
import { KernelFile, type WasmMemory } from '../../../base/wasm/index.js';

export interface KernelExports {
  memory: WasmMemory;
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

const kernelFile = new KernelFile<KernelExports>(new URL('../kernel.wasm', import.meta.url));

/**
 * Makes an instance with its own memory.
 *
 * @param exactSquare squared distance of a row to a centroid in float64
 * @returns null if the processor or the runtime has no WebAssembly SIMD; plain loops then do the same work
 */
export function instantiateKernel(exactSquare: (row: number, centroid: number) => number): KernelExports | null {
  return kernelFile.instantiate({ kernel: { exactSquare } });
}
