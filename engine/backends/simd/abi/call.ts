/**
 * What a kernel call is: `kernel(params, arena, from, to, scratch)`.
 *
 * - `params` is the address of the call's 32-bit words, in the order that the kernel's `words.ts` lists them. The plan writes
 *   them from that list, and the AssemblyScript that reads them is printed from it.
 * - `arena` is the address of the arena.
 * - `from` to `to` says which of the call's *units* to compute. Units may be computed in any order, and by different threads
 *   at once.
 * - `scratch` is the address of a thread's own scratch memory, with as many bytes as the call demands.
 *
 * Kernels never allocate.
 */

export type KernelFunction = (params: number, arena: number, from: number, to: number, scratch: number) => void;

/**
 * A kernel by the name that its function is exported under, and the words of its parameters. Words `…At` are absolute
 * addresses, `…Offset`s count bytes from the arena, all others are numbers of things. Words are unsigned; entries of tables are
 * int32.
 */
export interface CallShape {
  readonly name: string;
  readonly words: readonly string[];
}

/** The words that all kernels with weights begin with. */
export const OPERANDS = ['inputOffset', 'outputOffset', 'weightsAt', 'biasAt', 'residualOffset', 'clampAt'] as const;
