/**
 * The lowest coefficients of a picture's discrete cosine transform (DCT-II without normalisation, of 32 values:
 * `2 Σ x[n] cos(π k (2n + 1) / 64)`), in AssemblyScript → WebAssembly SIMD: pocketfft's (M. Reinecke; the FFT of
 * SciPy), to the last bit. A perceptual hash asks which are above their median; in a flat or mirrored image many are 0
 * except for rounding errors, and only the same errors give the same hash. Two columns, or two rows, are transformed at
 * once.
 */

const LENGTH: i32 = 32;
const SIDE: i32 = 8;

/** cos(π k / 64) for k from 1, as pocketfft has them: not all of them are rounded to the nearest. */
const COSINES = memory.data<f64>([
  0.9987954562051724, 0.9951847266721969, 0.989176509964781, 0.9807852804032304, 0.970031253194544, 0.9569403357322088,
  0.9415440651830208, 0.9238795325112867, 0.9039892931234433, 0.881921264348355, 0.8577286100002721, 0.8314696123025452,
  0.8032075314806449, 0.773010453362737, 0.7409511253549591, 0.7071067811865475, 0.6715589548470183, 0.6343932841636455,
  0.5956993044924332, 0.5555702330196022, 0.5141027441932217, 0.47139673682599753, 0.42755509343028203,
  0.38268343236508967, 0.33688985339221994, 0.2902846772544623, 0.24298017990326393, 0.19509032201612825,
  0.14673047445536164, 0.09801714032956049, 0.04906767432741799,
]);
/** cos and sin of 2π k / 32 for k from 1 to 7, one after the other; the same remark. */
const ROOTS = memory.data<f64>([
  0.9807852804032304,
  0.19509032201612825,
  0.9238795325112867,
  0.3826834323650898,
  0.8314696123025452,
  0.5555702330196022,
  0.7071067811865475,
  Math.SQRT1_2,
  0.5555702330196022,
  0.8314696123025452,
  0.3826834323650898,
  0.9238795325112867,
  0.19509032201612825,
  0.9807852804032304,
]);

/** A line of 32 pairs of values, and what becomes of it. */
const LINE = memory.data(LENGTH * 16, 16);
const HALVES = memory.data(LENGTH * 16, 16);
const QUARTERS = memory.data(LENGTH * 16, 16);
/** The lowest coefficients of all columns: of two columns together, `[16, 8]`. */
const COLUMNS = memory.data((LENGTH / 2) * SIDE * 16, 16);

function get(values: usize, i: i32): v128 {
  return v128.load(values + ((<usize>i) << 4));
}

function set(values: usize, i: i32, value: v128): void {
  v128.store(values + ((<usize>i) << 4), value);
}

function number(numbers: usize, i: i32): v128 {
  return v128.load64_splat(numbers + ((<usize>i) << 3));
}

function twice(value: v128): v128 {
  return f64x2.mul(f64x2.splat(2), value);
}

/** A complex number times a root, at `at - 1` and `at`. */
function turn(to: usize, at: i32, root: i32, real: v128, imaginary: v128): void {
  const cosine = number(ROOTS, root);
  const sine = number(ROOTS, root + 1);
  set(to, at, f64x2.add(f64x2.mul(cosine, imaginary), f64x2.mul(sine, real)));
  set(to, at - 1, f64x2.sub(f64x2.mul(cosine, real), f64x2.mul(sine, imaginary)));
}

/** pocketfft's `radb2` of one transform of 32: halfcomplex values into two of 16. */
function inTwo(from: usize, to: usize): void {
  set(to, 0, f64x2.add(get(from, 0), get(from, 31)));
  set(to, 16, f64x2.sub(get(from, 0), get(from, 31)));
  set(to, 15, twice(get(from, 15)));
  set(to, 31, f64x2.mul(f64x2.splat(-2), get(from, 16)));
  for (let i = 2; i < 16; i += 2) {
    const real = get(from, i - 1);
    const imaginary = get(from, i);
    const mirroredReal = get(from, 31 - i);
    const mirroredImaginary = get(from, 32 - i);
    set(to, i - 1, f64x2.add(real, mirroredReal));
    set(to, i, f64x2.sub(imaginary, mirroredImaginary));
    turn(to, 16 + i, i - 2, f64x2.sub(real, mirroredReal), f64x2.add(imaginary, mirroredImaginary));
  }
}

/** Four sums of four values, with which `radb4` begins. */
function fourSums(a: v128, b: v128, c: v128, d: v128, to: usize, at: i32): void {
  const sum = f64x2.add(a, d);
  const difference = f64x2.sub(a, d);
  set(to, at, f64x2.add(sum, twice(b)));
  set(to, at + 16, f64x2.sub(sum, twice(b)));
  set(to, at + 24, f64x2.add(difference, twice(c)));
  set(to, at + 8, f64x2.sub(difference, twice(c)));
}

/** `radb4` of two transforms of 16: each into four of 4. */
function inFour(from: usize, to: usize): void {
  for (let k = 0; k < 2; k++) {
    const a = 16 * k;
    const t = 4 * k;
    fourSums(get(from, a), get(from, a + 7), get(from, a + 8), get(from, a + 15), to, t);

    const inner = f64x2.add(get(from, a + 12), get(from, a + 4));
    const innerDifference = f64x2.sub(get(from, a + 12), get(from, a + 4));
    const outer = f64x2.add(get(from, a + 3), get(from, a + 11));
    const outerDifference = f64x2.sub(get(from, a + 3), get(from, a + 11));
    set(to, t + 3, f64x2.add(outer, outer));
    set(to, t + 11, f64x2.mul(f64x2.splat(Math.SQRT2), f64x2.sub(outerDifference, inner)));
    set(to, t + 19, f64x2.add(innerDifference, innerDifference));
    set(to, t + 27, f64x2.mul(f64x2.splat(-Math.SQRT2), f64x2.add(outerDifference, inner)));

    const tr2 = f64x2.add(get(from, a + 1), get(from, a + 13));
    const tr1 = f64x2.sub(get(from, a + 1), get(from, a + 13));
    const ti1 = f64x2.add(get(from, a + 2), get(from, a + 14));
    const ti2 = f64x2.sub(get(from, a + 2), get(from, a + 14));
    const tr4 = f64x2.add(get(from, a + 10), get(from, a + 6));
    const ti3 = f64x2.sub(get(from, a + 10), get(from, a + 6));
    const tr3 = f64x2.add(get(from, a + 9), get(from, a + 5));
    const ti4 = f64x2.sub(get(from, a + 9), get(from, a + 5));
    set(to, t + 1, f64x2.add(tr2, tr3));
    set(to, t + 2, f64x2.add(ti2, ti3));
    // The second, fourth and sixth of the roots.
    turn(to, t + 10, 2, f64x2.sub(tr1, tr4), f64x2.add(ti1, ti4));
    turn(to, t + 18, 6, f64x2.sub(tr2, tr3), f64x2.sub(ti2, ti3));
    turn(to, t + 26, 10, f64x2.add(tr1, tr4), f64x2.sub(ti1, ti4));
  }
}

/** `radb4` of eight transforms of 4: each into four values, of which the first and the last are of use. */
function inSingles(from: usize, to: usize): void {
  for (let k = 0; k < SIDE; k++) {
    const a = get(from, 4 * k);
    const d = get(from, 4 * k + 3);
    set(to, k, f64x2.add(f64x2.add(a, d), twice(get(from, 4 * k + 1))));
    set(to, k + 24, f64x2.add(f64x2.sub(a, d), twice(get(from, 4 * k + 2))));
  }
}

/** @param values 32 pairs, of which the lowest coefficients replace the first */
function transform(values: usize): void {
  set(values, 0, twice(get(values, 0)));
  set(values, 31, twice(get(values, 31)));
  for (let k = 1; k < 31; k += 2) {
    const odd = get(values, k);
    const even = get(values, k + 1);
    set(values, k, f64x2.add(even, odd));
    set(values, k + 1, f64x2.sub(even, odd));
  }
  inTwo(values, HALVES);
  inFour(HALVES, QUARTERS);
  inSingles(QUARTERS, values);
  const half = f64x2.splat(0.5);
  for (let k = 1; k < SIDE; k++) {
    const low = get(values, k);
    const high = get(values, LENGTH - k);
    const near = number(COSINES, k - 1);
    const far = number(COSINES, LENGTH - 1 - k);
    const sum = f64x2.add(f64x2.mul(near, high), f64x2.mul(far, low));
    const difference = f64x2.sub(f64x2.mul(near, low), f64x2.mul(far, high));
    set(values, k, f64x2.mul(half, f64x2.add(sum, difference)));
  }
}

/** @param picture gray, `[32, 32]` @param lowest where float64 `[8, 8]` goes, vertical frequencies first */
export function lowestCoefficients(picture: usize, lowest: usize): void {
  for (let x = 0; x < LENGTH; x += 2) {
    for (let y = 0; y < LENGTH; y++) {
      const at = picture + <usize>(y * LENGTH + x);
      set(LINE, y, f64x2.replace_lane(f64x2.splat(<f64>load<u8>(at)), 1, <f64>load<u8>(at, 1)));
    }
    transform(LINE);
    memory.copy(COLUMNS + <usize>(x * SIDE * 8), LINE, SIDE * 16);
  }
  for (let y = 0; y < SIDE; y += 2) {
    for (let x = 0; x < LENGTH; x += 2) {
      const row = get(COLUMNS, (x * SIDE) / 2 + y);
      const next = get(COLUMNS, (x * SIDE) / 2 + y + 1);
      set(LINE, x, i64x2.shuffle(row, next, 0, 2));
      set(LINE, x + 1, i64x2.shuffle(row, next, 1, 3));
    }
    transform(LINE);
    for (let x = 0; x < SIDE; x++) {
      const to = lowest + ((<usize>(y * SIDE + x)) << 3);
      store<f64>(to, f64x2.extract_lane(get(LINE, x), 0));
      store<f64>(to, f64x2.extract_lane(get(LINE, x), 1), SIDE * 8);
    }
  }
}
