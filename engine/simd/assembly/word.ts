/** Reading the parameters of a call and its tables: 32-bit words. */

export function word(params: usize, index: i32): usize {
  return load<u32>(params + ((<usize>index) << 2));
}

/** An address in the arena, or 0 where the offset is 0. */
export function optional(arena: usize, offset: usize): usize {
  return offset === 0 ? 0 : arena + offset;
}
