/**
 * A kernel call: `kernel(params, arena, from, to, scratch)`. `params` is the address of its 32-bit words in the order
 * of its shape, from which the AssemblyScript that reads them is printed too. It computes its *units* `from` to `to`,
 * in any order and also in several threads at once, with as much of a thread's own `scratch` as it needs. Kernels
 * never allocate.
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

type Split<S extends string> = S extends `${infer Word} ${infer Rest}` ? [Word, ...Split<Rest>] : [S];
type SplitAll<L extends readonly string[]> = L extends readonly [infer S extends string, ...infer Rest extends string[]]
  ? [...Split<S>, ...SplitAll<Rest>]
  : [];

/** @param lines the words, with a blank between them */
export function callShape<N extends string, L extends readonly string[]>(name: N, ...lines: L) {
  return { name, words: lines.flatMap((line) => line.split(' ')) as SplitAll<L> };
}

/** The first words of all kernels with weights. */
export const OPERANDS = 'inputOffset outputOffset weightsAt biasAt residualOffset clampAt';
