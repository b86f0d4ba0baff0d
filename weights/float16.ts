/**
 * Converts arrays between IEEE 754 binary16 and float32. Node 20 does not have JavaScript's own `Float16Array`.
 *
 * Decoding is exact (a table of all 65,536 values). Encoding rounds to nearest, ties to even, as numpy and torch do.
 */

/** The largest finite binary16, (2 − 2⁻¹⁰) · 2¹⁵. */
export const FLOAT16_MAX = 65_504;

let decoded: Float32Array | undefined;

function decodeTable(): Float32Array {
  const table = new Float32Array(0x10000);
  for (let bits = 0; bits < 0x10000; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0x1f) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}

/** @param bits binary16 bit patterns @returns the same values, exactly; infinities and NaN are kept */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  decoded ??= decodeTable();
  const table = decoded;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

/**
 * @param values finite and at most `FLOAT16_MAX` in absolute value; larger ones give a wrong result, so check first
 * @returns binary16 bit patterns
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  const scratch = new Float32Array(1);
  const scratchBits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const sign = (scratchBits[0]! >>> 16) & 0x8000;
    const magnitude = scratchBits[0]! & 0x7fffffff;
    if (magnitude >= 0x38800000) {
      // Normal in binary16: drop 13 fraction bits, rounding half to even, and move the exponent's bias from 127 to 15.
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      bits[i] = sign | ((rounded - 0x38000000) >>> 13);
    } else {
      // Subnormal: in [0.5, 1) a float32 has binary16's subnormal step, 2⁻²⁴, so the addition does the rounding.
      scratch[0] = Math.abs(values[i]!) + 0.5;
      bits[i] = sign | (scratchBits[0]! - 0x3f000000);
    }
  }
  return bits;
}
