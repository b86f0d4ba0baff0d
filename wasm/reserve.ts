import { PAGE, type WasmMemory } from './webassembly.js';

/** Grows a memory until it has at least so many bytes. @throws RangeError when it cannot grow */
export function reserve(memory: WasmMemory, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
