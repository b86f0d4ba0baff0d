/**
 * Brings memory into the caches before it is needed. A product reads a few rows at a time, too few at once for what memory
 * could deliver; one word of each cache line, many lines on the way together, comes several times as fast. WebAssembly has no
 * instruction for that, and loads whose values nobody wants are dropped: whoever calls stores what these return.
 */
const LINE: usize = 64;

/** @returns a number made of all that was read */
export function touch(at: usize, bytes: usize): i32 {
  let read: i32 = 0;
  for (let line: usize = 0; line < bytes; line += LINE) read |= load<i32>(at + line);
  return read;
}
