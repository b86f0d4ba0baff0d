/** The kernels of an instance by number, and the calls of a plan in those numbers, so that a thread can be sent them. */

import { type WasmMemory, type WasmModule, wasmInterface } from '../../../wasm/index.js';
import { type KernelName, PARAMETERS } from './abi.js';
import type { KernelCall } from './plan.js';

/** `(params, arena, from, to, scratch)`, see `abi.ts`. */
export type KernelFunction = (params: number, arena: number, from: number, to: number, scratch: number) => void;

export const KERNEL_NAMES = [...Object.keys(PARAMETERS), 'winograd2', 'toeplitz2'] as readonly KernelName[];

/**
 * Words of a call in a `CallTable`: number of the kernel, address of its parameters, units, and whether it ends a step,
 * whose calls do not depend on each other.
 */
export const CALL_WORDS = 4;

/** Calls in order, `CALL_WORDS` each. */
export type CallTable = Uint32Array;

export function callTable(calls: readonly KernelCall[]): CallTable {
  return Uint32Array.from(
    calls.flatMap((call, i) => {
      const ends = calls[i + 1]?.step === call.step ? 0 : 1;
      return [KERNEL_NAMES.indexOf(call.kernel), call.params, call.units, ends];
    }),
  );
}

/** Tiles that a module has kernels for: `6x16`, `2x16`, … */
export function tilesOf(module: WasmModule): string[] {
  const names = wasmInterface!.Module.exports(module).map(({ name }) => name);
  return names.flatMap((name) => /^convolution_(\d+x\d+)$/.exec(name)?.[1] ?? []);
}

/** By the numbers of `KERNEL_NAMES`; those that come once a tile are of this one. */
export function instantiate(module: WasmModule, memory: WasmMemory<SharedArrayBuffer>, tile: string): KernelFunction[] {
  const { exports } = new wasmInterface!.Instance(module, { env: { memory } });
  return KERNEL_NAMES.map((name) => {
    const kernel = exports[`${name}_${tile}`] ?? exports[name];
    if (typeof kernel !== 'function') throw new Error(`The kernels lack ${name} of ${tile}.`);
    return kernel as KernelFunction;
  });
}
