/** Pieces of AssemblyScript text. */

/**
 * Bytes that a pointer lies before the vectors that are loaded and stored through it: in a shared memory, V8 12 (Node 22)
 * pairs accesses to one of 256 bits only where they have an offset that is not 0.
 */
export const SHIFT = 16;

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One line for each of `count`. */
export function lines(count: number, line: (i: number) => string): string {
  return range(count).map(line).join('\n');
}
