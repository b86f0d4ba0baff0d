/** Local response norm, in float64. */
import { power } from '../../../printing/assembly/functions';
import { float, word } from '../../../printing/assembly/word';
import { Neighbours } from './words';

export function neighbours(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Neighbours.outputOffset);
  const inputs = arena + word(params, Neighbours.inputOffset);
  const rowsAt = word(params, Neighbours.rowsAt);
  const channels = <i32>word(params, Neighbours.channels);
  const outputStep = word(params, Neighbours.outputStep);
  const inputStep = word(params, Neighbours.inputStep);
  const size = <i32>word(params, Neighbours.size);
  const share = <f64>float(params, Neighbours.alpha) / <f64>size;
  const beta = <f64>float(params, Neighbours.beta);
  const k = <f64>float(params, Neighbours.k);
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + ((<usize>row) << 3);
    const output = outputs + load<i32>(offsets);
    const input = inputs + load<i32>(offsets, 4);
    for (let c = 0; c < channels; c++) {
      const last = min(channels - 1, c + (size - 1) / 2);
      let sum: f64 = 0;
      for (let i = max(0, c - size / 2); i <= last; i++) {
        const x = <f64>load<f32>(input + <usize>i * inputStep);
        sum += x * x;
      }
      const x = <f64>load<f32>(input + <usize>c * inputStep);
      store<f32>(output + <usize>c * outputStep, <f32>(x / power(k + share * sum, beta)));
    }
  }
}
