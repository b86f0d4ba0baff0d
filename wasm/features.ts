/** Checks which instructions this runtime has. */
import { wasmInterface } from './webassembly.js';

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
