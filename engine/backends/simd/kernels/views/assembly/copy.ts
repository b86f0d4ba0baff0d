/** Copies rows whose entries may be apart. */
import { operand, word } from '../../../printing/assembly/word';
import { Copy } from './words';

export function copy(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const outputs = arena + word(params, Copy.outputOffset);
  const inputs = operand(arena, word(params, Copy.inputOffset), word(params, Copy.inputAt));
  const rowsAt = word(params, Copy.rowsAt);
  const columns = word(params, Copy.columns);
  const outputStep = word(params, Copy.outputStep);
  const inputStep = word(params, Copy.inputStep);
  for (let row = from; row < to; row++) {
    const offsets = rowsAt + ((<usize>row) << 3);
    let output = outputs + load<i32>(offsets);
    let input = inputs + load<i32>(offsets, 4);
    if (outputStep === 4 && inputStep === 4) {
      memory.copy(output, input, columns << 2);
      continue;
    }
    for (let column: usize = 0; column < columns; column++) {
      store<f32>(output, load<f32>(input));
      output += outputStep;
      input += inputStep;
    }
  }
}
