/** The WebAssembly API with types, and the loader of the kernels' modules. */
export { hasSimd } from './features.js';
export { KernelFile, readKernelFile } from './kernel-file.js';
export { reserve } from './reserve.js';
export { roundUp } from './round-up.js';
export { SharedKernel } from './shared-kernel.js';
export {
  MAX_PAGES,
  PAGE,
  type WasmImports,
  type WasmInterface,
  type WasmMemory,
  type WasmModule,
  wasmInterface,
} from './webassembly.js';
