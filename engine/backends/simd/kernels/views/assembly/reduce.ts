/** Reductions in float64. Columns that lie side by side are computed two at a time. */
import { word } from '../../../printing/assembly/word';
import { L1, L2, MAX, MEAN, MIN, PROD, Reduce } from './words';

export function reduce(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Reduce.outputOffset);
  const inputs = arena + word(params, Reduce.inputOffset);
  const rowsAt = word(params, Reduce.rowsAt);
  const columns = word(params, Reduce.columns);
  const outputStep = word(params, Reduce.outputStep);
  const inputStep = word(params, Reduce.inputStep);
  const taps = word(params, Reduce.tapsAt);
  const count = word(params, Reduce.taps);
  const tapsEnd = taps + (count << 2);
  const name = word(params, Reduce.formula);
  const twos: usize = inputStep === 4 ? columns & ~1 : 0;
  const start = v128.splat<f64>(name === MAX ? -Infinity : name === MIN ? Infinity : name === PROD ? 1 : 0);
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + ((<usize>row) << 3);
    let output = outputs + load<i32>(offsets);
    let input = inputs + load<i32>(offsets, 4);
    for (let column: usize = 0; column < twos; column += 2) {
      let sum = start;
      for (let tap = taps; tap < tapsEnd; tap += 4) {
        sum = joined(name, sum, f64x2.promote_low_f32x4(v128.load64_zero(input + load<i32>(tap))));
      }
      store<f32>(output, ended(name, f64x2.extract_lane(sum, 0), count));
      store<f32>(output + outputStep, ended(name, f64x2.extract_lane(sum, 1), count));
      output += outputStep << 1;
      input += 8;
    }
    for (let column = twos; column < columns; column++) {
      let sum = start;
      for (let tap = taps; tap < tapsEnd; tap += 4) {
        sum = joined(name, sum, f64x2.splat(<f64>load<f32>(input + load<i32>(tap))));
      }
      store<f32>(output, ended(name, f64x2.extract_lane(sum, 0), count));
      output += outputStep;
      input += inputStep;
    }
  }
}

function joined(name: usize, sum: v128, x: v128): v128 {
  switch (name) {
    case MAX:
      return f64x2.max(sum, x);
    case MIN:
      return f64x2.min(sum, x);
    case PROD:
      return f64x2.mul(sum, x);
    case L1:
      return f64x2.add(sum, f64x2.abs(x));
    case L2:
      return f64x2.add(sum, f64x2.mul(x, x));
    default:
      return f64x2.add(sum, x);
  }
}

function ended(name: usize, sum: f64, count: usize): f32 {
  if (name === MEAN) return <f32>(sum / <f64>count);
  return <f32>(name === L2 ? sqrt(sum) : sum);
}
