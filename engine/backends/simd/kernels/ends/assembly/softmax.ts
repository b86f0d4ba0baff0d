/**
 * Softmax of rows of logits, four at a time. It uses the exponential of Cephes (`expf`, S. Moshier), with a relative
 * error of 2e-7.
 */
import { powersOfTwo, restOfExponential } from '../../../printing/assembly/vectors';
import { word } from '../../../printing/assembly/word';
import { Softmax } from './words';

/** The least x for which e^x is still a normal float32. Below it, the result is 1e-38 rather than 0. */
const LOWEST: f32 = -87.3;

/** `e^x` for x ≤ 0; NaN stays NaN. */
function exponential(x: v128): v128 {
  const bounded = f32x4.max(x, f32x4.splat(LOWEST));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(<f32>Math.LOG2E)));
  const fraction = f32x4.add(restOfExponential(bounded, n), f32x4.splat(1));
  return f32x4.mul(fraction, powersOfTwo(n));
}

export function softmax(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputBytes = word(params, Softmax.inputStride) << 2;
  const outputBytes = word(params, Softmax.outputStride) << 2;
  const classes = i32x4.splat(<i32>word(params, Softmax.classes));
  const bytes = ((word(params, Softmax.classes) + 15) & ~15) << 2;
  let input = arena + word(params, Softmax.inputOffset) + from * inputBytes;
  let output = arena + word(params, Softmax.outputOffset) + from * outputBytes;
  const four = i32x4.splat(4);

  for (let row = from; row < to; row++) {
    let lanes = i32x4(0, 1, 2, 3);
    let largest = f32x4.splat(-Infinity);
    for (let i: usize = 0; i < bytes; i += 16) {
      const isClass = i32x4.lt_s(lanes, classes);
      largest = f32x4.max(largest, v128.bitselect(v128.load(input + i), f32x4.splat(-Infinity), isClass));
      lanes = i32x4.add(lanes, four);
    }
    largest = f32x4.max(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
    largest = f32x4.max(largest, v128.shuffle<i32>(largest, largest, 1, 0, 3, 2));

    lanes = i32x4(0, 1, 2, 3);
    let sum0 = f64x2.splat(0);
    let sum1 = f64x2.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const isClass = i32x4.lt_s(lanes, classes);
      const e = v128.and(exponential(f32x4.sub(v128.load(input + i), largest)), isClass);
      sum0 = f64x2.add(sum0, f64x2.promote_low_f32x4(e));
      sum1 = f64x2.add(sum1, f64x2.promote_low_f32x4(v128.shuffle<i32>(e, e, 2, 3, 0, 1)));
      v128.store(output + i, e);
      lanes = i32x4.add(lanes, four);
    }
    const both = f64x2.add(sum0, sum1);
    const sum = f32x4.splat(<f32>(f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1)));
    for (let i: usize = 0; i < bytes; i += 16) v128.store(output + i, f32x4.div(v128.load(output + i), sum));
    input += inputBytes;
    output += outputBytes;
  }
}
