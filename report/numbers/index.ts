/** The digits of measured numbers. The terminal and the report both use these, so the same number reads alike. */

export { guessesBeyond } from './guessing.js';
export { plural } from './plural.js';
export { decidingP, isBelowThreshold } from './tested.js';
export { MANY_WINDOWS, type Together, type TogetherRule, together } from './together.js';
export { areMostlyCopies, roughly, rowsLikeThese, worthWords } from './worth.js';

/** Four decimals below 10, two below 100, none above: `0.0812`, `1.2346`, `1,230`. The minus sign is the true one. */
export function digitsOf(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size >= 100) return sign + Math.round(size).toLocaleString('en-US');
  if (size !== 0 && size < 0.0001) return sign + size.toExponential(1);
  return sign + size.toFixed(size >= 10 ? 2 : 4);
}

/** A p-value: `<0.001`, `0.032`. */
export function digitsOfChance(p: number): string {
  return p < 0.001 ? '<0.001' : p.toFixed(3);
}
