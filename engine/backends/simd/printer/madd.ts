/**
 * `a·b + c`, the one operation in which the two modules differ. Printed in place: V8 pairs 128-bit operations to 256 bits
 * by their place in the text, so nothing is left to an inliner.
 */
export type Arithmetic = 'relaxed' | 'plain';

export const madd = (arithmetic: Arithmetic, a: string, b: string, c: string): string =>
  arithmetic === 'relaxed' ? `f32x4.relaxed_madd(${a}, ${b}, ${c})` : `f32x4.add(f32x4.mul(${a}, ${b}), ${c})`;
