/** Numbers in text columns, as csv writers write them. */

/** The spellings that JavaScript knows beside the decimal one: `0x1F`, `0b1`, `0o7`. */
const OTHER_BASE = /[xob]/i;

/** NaN for anything but a decimal number that float64 holds: `0x1F` is not a score, and `1e999` is beyond all of them. */
export function parseDecimal(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) && !OTHER_BASE.test(text) && text.trim() !== '' ? value : Number.NaN;
}
