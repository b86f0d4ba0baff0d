/** `x.reshape(N, …)`: the same values in the same order, in another shape. The batch stays. */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { Misfit, type Operation, only, type Shape, sizeOf } from './operation.js';

export interface ReshapeAttrs {
  /** Without the batch. One size may be -1: what is left. */
  shape: Shape;
}

export const operation: Operation<'reshape', ReshapeAttrs> = {
  op: 'reshape',
  outputShape: (inputs, { shape }) => wholeShape(only(inputs), shape),
  reference([x], { shape }) {
    const [images = 0, ...rest] = x!.shape;
    return { shape: [images, ...wholeShape(rest, shape)], data: x!.data };
  },
  // 0: the batch as it is.
  onnx({ name, inputs: [x], constants }, { shape }) {
    return [{ op: 'Reshape', inputs: [x, constants.vector([0, ...shape])], output: name }];
  },
};

/** @throws Misfit */
function wholeShape(input: Shape, shape: Shape): Shape {
  const size = sizeOf(input);
  const known = sizeOf(shape.filter((length) => length !== -1));
  const open = shape.filter((length) => length === -1).length;
  const fits = open === 0 ? known === size : open === 1 && known > 0 && size % known === 0;
  if (!fits) throw new Misfit(`[${input.join(', ')}] cannot be reshaped to [${shape.join(', ')}]`);
  return shape.map((length) => (length === -1 ? size / known : length));
}

/** In the `forward` of `module`. @param value channels and size after it, if they are not what they were */
export function reshape(module: ModuleScope, x: Value, shape: Shape, value: ValueShape = {}): Value {
  return module.functional('reshape', operation, { shape }, [x], value);
}
