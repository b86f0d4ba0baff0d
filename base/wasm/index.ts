/** The WebAssembly API with types, and the loader of the kernels' modules. */
export { KernelFile, SharedKernel } from './kernel-file.js';
export {
  hasSharedMemory,
  hasSimd,
  MAX_PAGES,
  PAGE,
  reserve,
  roundUp,
  type WasmImports,
  type WasmInterface,
  type WasmMemory,
  type WasmModule,
  wasmInterface,
} from './webassembly.js';
