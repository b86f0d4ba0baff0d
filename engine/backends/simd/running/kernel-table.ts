/** The kernels of an instance by number, and the calls of a plan with these numbers. They can be sent to a thread. */
import { type WasmMemory, type WasmModule, wasmInterface } from '../../../../base/wasm/index.js';
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

/** The kernels of a module, in the order of its exports. */
export function kernelNames(module: WasmModule): string[] {
  // Those whose speed depends on the tile are called by it, too: `strassen_6x16`.
  return exportedFunctions(module).map((name) => name.replace(/_\d+x\d+$/, ''));
}

/** The functions of these kernels. */
export function instantiate(module: WasmModule, memory: WasmMemory<SharedArrayBuffer>): KernelFunction[] {
  const { exports } = new wasmInterface!.Instance(module, { env: { memory } });
  return exportedFunctions(module).map((name) => exports[name] as KernelFunction);
}

function exportedFunctions(module: WasmModule): string[] {
  const functions = wasmInterface!.Module.exports(module).filter(({ kind }) => kind === 'function');
  return functions.map(({ name }) => name);
}
