/** Sums of products in float64. Columns of `b` that lie side by side are computed two at a time. */
import { operand, word } from '../../../printing/assembly/word';
import { Product } from './words';

export function product(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Product.outputOffset);
  const as = operand(arena, word(params, Product.aOffset), word(params, Product.aAt));
  const bs = operand(arena, word(params, Product.bOffset), word(params, Product.bAt));
  const rowsAt = word(params, Product.rowsAt);
  const columns = word(params, Product.columns);
  const outputStep = word(params, Product.outputStep);
  const aStep = word(params, Product.aStep);
  const bStep = word(params, Product.bStep);
  const terms = word(params, Product.termsAt);
  const termsEnd = terms + (word(params, Product.terms) << 3);
  const twos: usize = aStep === 0 && bStep === 4 ? columns & ~1 : 0;
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + <usize>row * 12;
    let output = outputs + load<i32>(offsets);
    let a = as + load<i32>(offsets, 4);
    let b = bs + load<i32>(offsets, 8);
    for (let column: usize = 0; column < twos; column += 2) {
      let sum = f64x2.splat(0);
      for (let term = terms; term < termsEnd; term += 8) {
        const x = f64x2.splat(<f64>load<f32>(a + load<i32>(term)));
        sum = f64x2.add(sum, f64x2.mul(x, f64x2.promote_low_f32x4(v128.load64_zero(b + load<i32>(term, 4)))));
      }
      store<f32>(output, <f32>f64x2.extract_lane(sum, 0));
      store<f32>(output + outputStep, <f32>f64x2.extract_lane(sum, 1));
      output += outputStep << 1;
      b += 8;
    }
    for (let column = twos; column < columns; column++) {
      let sum: f64 = 0;
      for (let term = terms; term < termsEnd; term += 8) {
        sum += <f64>load<f32>(a + load<i32>(term)) * <f64>load<f32>(b + load<i32>(term, 4));
      }
      store<f32>(output, <f32>sum);
      output += outputStep;
      a += aStep;
      b += bStep;
    }
  }
}
