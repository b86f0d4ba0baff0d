/**
 * The discrete cosine transform of 32 values (DCT-II without normalisation): `2 Σ x[n] cos(π k (2n + 1) / 64)`.
 *
 * It computes what pocketfft computes (M. Reinecke; the FFT of SciPy), operation by operation, to the last bit. A
 * perceptual hash asks which coefficients are above their median. In a flat or mirrored image many coefficients are 0
 * but for rounding errors, and only the same errors give the same hash.
 */

export const DCT_LENGTH = 32;

/** cos(π k / 64) for k from 1, as pocketfft has them: not all of them are rounded to the nearest. */
const COSINES = Float64Array.of(
  ...[0.9987954562051724, 0.9951847266721969, 0.989176509964781, 0.9807852804032304, 0.970031253194544],
  ...[0.9569403357322088, 0.9415440651830208, 0.9238795325112867, 0.9039892931234433, 0.881921264348355],
  ...[0.8577286100002721, 0.8314696123025452, 0.8032075314806449, 0.773010453362737, 0.7409511253549591],
  ...[0.7071067811865475, 0.6715589548470183, 0.6343932841636455, 0.5956993044924332, 0.5555702330196022],
  ...[0.5141027441932217, 0.47139673682599753, 0.42755509343028203, 0.38268343236508967, 0.33688985339221994],
  ...[0.2902846772544623, 0.24298017990326393, 0.19509032201612825, 0.14673047445536164, 0.09801714032956049],
  0.04906767432741799,
);
/** cos and sin of 2π k / 32 for k from 1 to 7, one after the other; the same remark. */
const ROOTS = Float64Array.of(
  ...[0.9807852804032304, 0.19509032201612825, 0.9238795325112867, 0.3826834323650898],
  ...[0.8314696123025452, 0.5555702330196022, 0.7071067811865475, Math.SQRT1_2],
  ...[0.5555702330196022, 0.8314696123025452, 0.3826834323650898, 0.9238795325112867],
  ...[0.19509032201612825, 0.9807852804032304],
);
/** The second, fourth and sixth of these. */
const COARSE_ROOTS = [ROOTS.subarray(2, 4), ROOTS.subarray(6, 8), ROOTS.subarray(10, 12)] as const;

const halves = new Float64Array(DCT_LENGTH);
const quarters = new Float64Array(DCT_LENGTH);

/** @param values 32 of them, which the coefficients replace */
export function dct32(values: Float64Array): void {
  values[0]! *= 2;
  values[31]! *= 2;
  for (let k = 1; k < 31; k += 2) {
    const [odd, even] = [values[k]!, values[k + 1]!];
    values[k] = even + odd;
    values[k + 1] = even - odd;
  }
  inTwo(values, halves);
  inFour(halves, quarters);
  inSingles(quarters, values);
  for (let k = 1; k < 16; k++) {
    const [low, high] = [values[k]!, values[32 - k]!];
    const sum = COSINES[k - 1]! * high + COSINES[31 - k]! * low;
    const difference = COSINES[k - 1]! * low - COSINES[31 - k]! * high;
    values[k] = 0.5 * (sum + difference);
    values[32 - k] = 0.5 * (sum - difference);
  }
  values[16]! *= COSINES[15]!;
}

/** pocketfft's `radb2` of one transform of 32: halfcomplex values into two of 16. */
function inTwo(from: Float64Array, to: Float64Array): void {
  to[0] = from[0]! + from[31]!;
  to[16] = from[0]! - from[31]!;
  to[15] = 2 * from[15]!;
  to[31] = -2 * from[16]!;
  for (let i = 2; i < 16; i += 2) {
    const [real, imaginary] = [from[i - 1]!, from[i]!];
    const [mirroredReal, mirroredImaginary] = [from[31 - i]!, from[32 - i]!];
    to[i - 1] = real + mirroredReal;
    to[i] = imaginary - mirroredImaginary;
    turn(to, 16 + i, ROOTS, i - 2, real - mirroredReal, imaginary + mirroredImaginary);
  }
}

/** `radb4` of two transforms of 16: each into four of 4. */
function inFour(from: Float64Array, to: Float64Array): void {
  for (let k = 0; k < 2; k++) {
    const [a, b, c, d] = [16 * k, 16 * k + 4, 16 * k + 8, 16 * k + 12];
    const t = 4 * k;
    const sum = from[a]! + from[d + 3]!;
    const difference = from[a]! - from[d + 3]!;
    const [twiceB, twiceC] = [2 * from[b + 3]!, 2 * from[c]!];
    to[t] = sum + twiceB;
    to[t + 16] = sum - twiceB;
    to[t + 24] = difference + twiceC;
    to[t + 8] = difference - twiceC;

    const [inner, innerDifference] = [from[d]! + from[b]!, from[d]! - from[b]!];
    const [outer, outerDifference] = [from[a + 3]! + from[c + 3]!, from[a + 3]! - from[c + 3]!];
    to[t + 3] = outer + outer;
    to[t + 11] = Math.SQRT2 * (outerDifference - inner);
    to[t + 19] = innerDifference + innerDifference;
    to[t + 27] = -Math.SQRT2 * (outerDifference + inner);

    const [tr2, tr1] = [from[a + 1]! + from[d + 1]!, from[a + 1]! - from[d + 1]!];
    const [ti1, ti2] = [from[a + 2]! + from[d + 2]!, from[a + 2]! - from[d + 2]!];
    const [tr4, ti3] = [from[c + 2]! + from[b + 2]!, from[c + 2]! - from[b + 2]!];
    const [tr3, ti4] = [from[c + 1]! + from[b + 1]!, from[c + 1]! - from[b + 1]!];
    to[t + 1] = tr2 + tr3;
    to[t + 2] = ti2 + ti3;
    turn(to, t + 10, COARSE_ROOTS[0], 0, tr1 - tr4, ti1 + ti4);
    turn(to, t + 18, COARSE_ROOTS[1], 0, tr2 - tr3, ti2 - ti3);
    turn(to, t + 26, COARSE_ROOTS[2], 0, tr1 + tr4, ti1 - ti4);
  }
}

/** `radb4` of eight transforms of 4: each into four values. */
function inSingles(from: Float64Array, to: Float64Array): void {
  for (let k = 0; k < 8; k++) {
    const [a, b, c, d] = [from[4 * k]!, from[4 * k + 1]!, from[4 * k + 2]!, from[4 * k + 3]!];
    const [sum, difference] = [a + d, a - d];
    const [twiceB, twiceC] = [2 * b, 2 * c];
    to[k] = sum + twiceB;
    to[k + 16] = sum - twiceB;
    to[k + 24] = difference + twiceC;
    to[k + 8] = difference - twiceC;
  }
}

/** A complex number times a root, at `at - 1` and `at`. */
function turn(to: Float64Array, at: number, roots: Float64Array, root: number, real: number, imaginary: number): void {
  const [cosine, sine] = [roots[root]!, roots[root + 1]!];
  to[at] = cosine * imaginary + sine * real;
  to[at - 1] = cosine * real - sine * imaginary;
}
