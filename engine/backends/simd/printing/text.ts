/** Pieces of AssemblyScript text that all printed kernels are made of. */

/** The two builds: `relaxed` multiplies and adds in one instruction (relaxed SIMD), `plain` in two. */
export type Arithmetic = 'relaxed' | 'plain';

/** `a·b + c`, by which the builds differ. Printed in place, since V8 pairs to 256 bits by place in the text. */
export const madd = (arithmetic: Arithmetic, a: string, b: string, c: string): string =>
  arithmetic === 'relaxed' ? `f32x4.relaxed_madd(${a}, ${b}, ${c})` : `f32x4.add(f32x4.mul(${a}, ${b}), ${c})`;

/** Pointers lie so far before vectors: in shared memory, V8 12 (Node 22) pairs only accesses whose offset is not 0. */
export const SHIFT = 16;

/** Bytes of a piece in its table, see `planning/regions.ts`. */
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

/** The sources of a kernel for tiles of so many rows. */
export type PrintKernels = (tileRows: number, arithmetic: Arithmetic) => readonly PrintedSource[];

export interface PrintedSource {
  /** The file name in `assembly/`, to which the tile is added. */
  file: string;
  text: string;
  /** The kernels that it exports, by the names of their calls, to which the tile is added. */
  exports: readonly string[];
}
