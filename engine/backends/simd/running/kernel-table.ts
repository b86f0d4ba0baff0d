/** The kernels of an instance by number, and the calls of a plan with these numbers. They can be sent to a thread. */
import { type WasmMemory, type WasmModule, wasmInterface } from '../../../../wasm/index.js';
import type { KernelFunction } from '../abi/call.js';
import type { KernelCall } from '../planning/compiled-plan.js';

/**
 * Words of a call in a `CallTable`: number of the kernel, address of its parameters, units, and whether it is the last
 * call of a step. The calls of a step do not depend on each other.
 */
export const CALL_WORDS = 4;

/** Calls in order, `CALL_WORDS` each. */
export type CallTable = Uint32Array;

/** @param names of the kernels, in the order of their numbers: see `kernelNames` */
export function callTable(calls: readonly KernelCall[], names: readonly string[]): CallTable {
  return Uint32Array.from(
    calls.flatMap((call, i) => {
      const number = names.indexOf(call.kernel);
      if (number < 0) throw new Error(`The kernels lack ${call.kernel}.`);
      const ends = calls[i + 1]?.step === call.step ? 0 : 1;
      return [number, call.params, call.units, ends];
    }),
  );
}

/** The tiles that a module has kernels for: `6x16`, `2x16`, … */
export function tilesOf(module: WasmModule): string[] {
  return exportedFunctions(module).flatMap((name) => /^convolution_(\d+x\d+)$/.exec(name)?.[1] ?? []);
}

/** The kernels of a module, in the order of its exports. Kernels that exist once a tile are those of this tile. */
export function kernelNames(module: WasmModule, tile: string): string[] {
  return kernelsOf(module, tile).map(({ kernel }) => kernel);
}

/** The functions of these kernels. */
export function instantiate(module: WasmModule, memory: WasmMemory<SharedArrayBuffer>, tile: string): KernelFunction[] {
  const { exports } = new wasmInterface!.Instance(module, { env: { memory } });
  return kernelsOf(module, tile).map(({ exported }) => exports[exported] as KernelFunction);
}

function kernelsOf(module: WasmModule, tile: string): { kernel: string; exported: string }[] {
  return exportedFunctions(module).flatMap((exported) => {
    const [, tiled, ofTile] = /^(.*)_(\d+x\d+)$/.exec(exported) ?? [];
    if (tiled === undefined) return [{ kernel: exported, exported }];
    return ofTile === tile ? [{ kernel: tiled, exported }] : [];
  });
}

function exportedFunctions(module: WasmModule): string[] {
  const functions = wasmInterface!.Module.exports(module).filter(({ kind }) => kind === 'function');
  return functions.map(({ name }) => name);
}
