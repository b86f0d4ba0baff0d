/** A group whose values lie side by side, a multiple of eight of them. */
import { SHIFT } from '../../../printing/assembly/sizes';

/** Bytes of eight floats. */
const EIGHT: usize = 32;

/**
 * Sums are of eight lanes. The second pass adds up the distances from the mean, too: what is left of them corrects the
 * mean and the variance for the rounding of the first pass.
 *
 * @param gains the address of the weights, 0 for none; `shifts` that of the bias
 */
export function standardiseSide(
  input: usize,
  output: usize,
  bytes: usize,
  epsilon: f32,
  gains: usize,
  shifts: usize,
  scratch: usize,
): void {
  const count = <f64>(bytes >> 2);
  const end = input + bytes - SHIFT;
  const from = input - SHIFT;
  let sum0 = v128.load(from, SHIFT);
  let sum1 = v128.load(from, SHIFT + 16);
  for (let at = from + EIGHT; at < end; at += EIGHT) {
    sum0 = f32x4.add(sum0, v128.load(at, SHIFT));
    sum1 = f32x4.add(sum1, v128.load(at, SHIFT + 16));
  }
  const mean = <f32>(ofLanes(sum0, sum1) / count);
  const means = spread(mean, scratch);
  let left0 = f32x4.splat(0);
  let left1 = f32x4.splat(0);
  let squares0 = f32x4.splat(0);
  let squares1 = f32x4.splat(0);
  for (let at = from; at < end; at += EIGHT) {
    const d0 = f32x4.sub(v128.load(at, SHIFT), v128.load(means, SHIFT));
    const d1 = f32x4.sub(v128.load(at, SHIFT + 16), v128.load(means, SHIFT + 16));
    left0 = f32x4.add(left0, d0);
    left1 = f32x4.add(left1, d1);
    squares0 = f32x4.add(squares0, f32x4.mul(d0, d0));
    squares1 = f32x4.add(squares1, f32x4.mul(d1, d1));
  }
  const left = ofLanes(left0, left1) / count;
  const variance = ofLanes(squares0, squares1) / count - left * left;
  const scale = <f32>(1 / sqrt(variance + <f64>epsilon));
  const scales = spread(scale, scratch + EIGHT);
  // (x − mean − left)·scale
  const rest = spread(<f32>left, scratch + 2 * EIGHT);
  let to = output - SHIFT;
  for (let at = from; at < end; at += EIGHT) {
    const d0 = f32x4.sub(f32x4.sub(v128.load(at, SHIFT), v128.load(means, SHIFT)), v128.load(rest, SHIFT));
    const d1 = f32x4.sub(
      f32x4.sub(v128.load(at, SHIFT + 16), v128.load(means, SHIFT + 16)),
      v128.load(rest, SHIFT + 16),
    );
    const value0 = f32x4.mul(d0, v128.load(scales, SHIFT));
    const value1 = f32x4.mul(d1, v128.load(scales, SHIFT + 16));
    v128.store(to, value0, SHIFT);
    v128.store(to, value1, SHIFT + 16);
    to += EIGHT;
  }
  if (gains !== 0 || shifts !== 0) scaleAndShift(output, bytes, gains, shifts);
}

function scaleAndShift(output: usize, bytes: usize, gains: usize, shifts: usize): void {
  const from = output - SHIFT;
  const gain = gains - SHIFT;
  const shift = shifts - SHIFT;
  for (let i: usize = 0; i < bytes; i += EIGHT) {
    let value0 = v128.load(from + i, SHIFT);
    let value1 = v128.load(from + i, SHIFT + 16);
    if (gains !== 0) {
      value0 = f32x4.mul(value0, v128.load(gain + i, SHIFT));
      value1 = f32x4.mul(value1, v128.load(gain + i, SHIFT + 16));
    }
    if (shifts !== 0) {
      value0 = f32x4.add(value0, v128.load(shift + i, SHIFT));
      value1 = f32x4.add(value1, v128.load(shift + i, SHIFT + 16));
    }
    v128.store(from + i, value0, SHIFT);
    v128.store(from + i, value1, SHIFT + 16);
  }
}

/** A number eight times. @returns `SHIFT` before them */
function spread(value: f32, at: usize): usize {
  const four = f32x4.splat(value);
  v128.store(at, four);
  v128.store(at, four, 16);
  return at - SHIFT;
}

function ofLanes(a: v128, b: v128): f64 {
  const low = f64x2.add(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const highA = f64x2.promote_low_f32x4(v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  const highB = f64x2.promote_low_f32x4(v128.shuffle<i32>(b, b, 2, 3, 0, 1));
  const both = f64x2.add(low, f64x2.add(highA, highB));
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}
