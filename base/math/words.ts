/** The two words of a float64, which the functions beside this take apart and put together. */
const value = new Float64Array(1);
const words = new Int32Array(value.buffer);
const [LOW, HIGH] = [0, 1] as const;

/** Sign, exponent and 20 bits of the fraction. */
export function highOf(x: number): number {
  value[0] = x;
  return words[HIGH]!;
}

export function withHigh(x: number, high: number): number {
  value[0] = x;
  words[HIGH] = high;
  return value[0]!;
}

/** `n` of the largest `2ⁿ` in a normal number. */
export function binaryExponent(x: number): number {
  return ((highOf(x) >> 20) & 0x7ff) - 1023;
}

/** The 21 highest bits: products of two of these are exact. */
export function upperPart(x: number): number {
  value[0] = x;
  words[LOW] = 0;
  return value[0]!;
}

/** `x·2ⁿ`, rounded once. */
export function scaled(x: number, n: number): number {
  if (n >= -1022 && n <= 1023) return x * withHigh(0, (n + 1023) << 20);
  const half = n >> 1;
  return scaled(scaled(x, half), n - half);
}
