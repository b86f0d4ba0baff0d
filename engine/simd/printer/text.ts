/** Pieces of AssemblyScript text. */

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** One line for each of `count`. */
export function lines(count: number, line: (i: number) => string): string {
  return range(count).map(line).join('\n');
}

/** `a + 16`, or as `v128.load` has it, `a, 16`. */
export const at = (address: string, offset: number): string => (offset === 0 ? address : `${address}, ${offset}`);
