/** `x.expand(N, …)`: axes of size 1 repeated. */
import { broadcastShape, generate, Misfit, type Operation, only, reader, type Shape } from './operation.js';

export interface ExpandAttrs {
  /** Without the batch: as many axes as the input has. */
  shape: Shape;
}

export const operation: Operation<'expand', ExpandAttrs> = {
  op: 'expand',
  outputShape(inputs, { shape }) {
    const input = only(inputs);
    const expanded = broadcastShape([input, shape]);
    if (expanded.join() !== shape.join()) {
      throw new Misfit(`[${input.join(', ')}] cannot be expanded to [${shape.join(', ')}]`);
    }
    return shape;
  },
  reference: ([x], { shape }) => generate([x!.shape[0]!, ...shape], reader(x!)),
  onnx({ name, inputs: [x], constants }, { shape }) {
    return [{ op: 'Expand', inputs: [x, constants.vector([1, ...shape])], output: name }];
  },
};
