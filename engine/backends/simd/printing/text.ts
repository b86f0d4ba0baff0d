/** Pieces of AssemblyScript text that all printed kernels are made of. */

/** The two builds: `relaxed` multiplies and adds in one instruction (relaxed SIMD), `plain` in two. */
export type Arithmetic = 'relaxed' | 'plain';

/**
 * `a·b + c`, the only operation that differs between the two builds. It is printed in place, because V8 pairs 128-bit
 * operations to 256 bits by their place in the text. An inliner might move it.
 */
export const madd = (arithmetic: Arithmetic, a: string, b: string, c: string): string =>
  arithmetic === 'relaxed' ? `f32x4.relaxed_madd(${a}, ${b}, ${c})` : `f32x4.add(f32x4.mul(${a}, ${b}), ${c})`;

/**
 * Bytes that a pointer lies before the vectors that are loaded and stored through it. In a shared memory, V8 12 (Node
 * 22) pairs accesses to 256 bits only if their offset is not 0.
 */
export const SHIFT = 16;

/** Bytes of a piece in its table, see `planning/pieces.ts`. */
export const PIECE_BYTES = 12;

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One line for each index below `count`. */
export function lines(count: number, line: (i: number) => string): string {
  return range(count).map(line).join('\n');
}

/** The name of the enum with the words of a kernel: `packRows` → `PackRows`. */
export function enumName(kernel: string): string {
  return kernel[0]!.toUpperCase() + kernel.slice(1);
}
