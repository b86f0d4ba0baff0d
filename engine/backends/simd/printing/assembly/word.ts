/** Reads the parameters of a call, which are 32-bit words, and derives addresses from them. */

export function word(params: usize, index: i32): usize {
  return load<u32>(params + ((<usize>index) << 2));
}

/** An address in the arena, or 0 if the offset is 0. */
export function optional(arena: usize, offset: usize): usize {
  return offset === 0 ? 0 : arena + offset;
}

/** Bytes from one run of so many bytes to the next in the scratch; the same as in `abi.ts`. */
export function padded(bytes: usize): usize {
  return ((bytes + 63) & ~63) + 64;
}

/** The address of an operand that may lie outside of the arena, at `at`. */
export function operand(arena: usize, offset: usize, at: usize): usize {
  return at === 0 ? arena + offset : at;
}

/** A parameter that is a float32. */
export function float(params: usize, index: i32): f32 {
  return load<f32>(params + ((<usize>index) << 2));
}
