/** `torch.matmul`: `[…, M, K]` and `[…, K, N]` give `[…, M, N]`. Axes of size 1 before the last two are repeated. */

import { operator } from './onnx-form.js';
import { broadcastShape, generate, Misfit, type Operation, reader, type Shape, type Values } from './operation.js';

export const operation: Operation<'matmul'> = {
  op: 'matmul',
  outputShape(inputs) {
    const [a, b] = inputs;
    if (inputs.length !== 2 || a === undefined || b === undefined) {
      throw new Misfit(`it has ${inputs.length} inputs, 2 are needed`);
    }
    return productShape(a, b);
  },
  reference: ([a, b]) => product(a!, b!),
  onnx: (place) => operator(place, 'MatMul'),
};

/** @throws Misfit */
export function productShape(a: Shape, b: Shape): Shape {
  const fits = a.length === b.length && a.length >= 2 && a.at(-1) === b.at(-2);
  if (!fits) throw new Misfit(`it multiplies [${a.join(', ')}] by [${b.join(', ')}]`);
  return [...broadcastShape([a.slice(0, -2), b.slice(0, -2)]), a.at(-2)!, b.at(-1)!];
}

/** The product of values that have their batch in front. */
export function product(a: Values, b: Values): Values {
  const inner = a.shape.at(-1)!;
  const [left, right] = [reader(a), reader(b)];
  return generate(productShape(a.shape, b.shape), (index) => {
    const [row, column] = [[...index], [...index]];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      row[row.length - 1] = k;
      column[column.length - 2] = k;
      sum += left(row) * right(column);
    }
    return sum;
  });
}
