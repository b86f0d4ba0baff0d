/**
 * Brings memory into the caches before it is needed. A product reads a few rows at a time, too few to use the full
 * memory bandwidth. Reading one word of each cache line, with many lines under way together, is several times as fast.
 * WebAssembly has no instruction for that, and loads whose values are not used are removed. So the caller stores what
 * these functions return.
 */
const LINE: usize = 64;

/** @returns a number made of all values that were read */
export function touch(at: usize, bytes: usize): i32 {
  let read: i32 = 0;
  for (let line: usize = 0; line < bytes; line += LINE) read |= load<i32>(at + line);
  return read;
}
