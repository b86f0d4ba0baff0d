/**
 * A kernel call: `kernel(params, arena, from, to, scratch)`.
 *
 * - `params` is the address of the call's 32-bit words, in the order of the kernel's `words.ts`. The plan writes them
 *   from that list, and the AssemblyScript that reads them is printed from it.
 * - `arena` is the address of the arena.
 * - `from` to `to` says which of the call's *units* to compute. Units may be computed in any order, also by different
 *   threads at the same time.
 * - `scratch` is the address of a thread's own scratch memory, with as many bytes as the call needs.
 *
 * Kernels never allocate.
 */

export type KernelFunction = (params: number, arena: number, from: number, to: number, scratch: number) => void;

/**
 * A kernel: the name of its exported function, and the words of its parameters. Words `…At` are absolute addresses,
 * `…Offset`s count bytes from the arena, all others are counts. Words are unsigned; entries of tables are int32.
 */
export interface CallShape {
  readonly name: string;
  readonly words: readonly string[];
}

/** The first words of all kernels with weights. */
export const OPERANDS = ['inputOffset', 'outputOffset', 'weightsAt', 'biasAt', 'residualOffset', 'clampAt'] as const;
