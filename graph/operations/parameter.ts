/**
 * A tensor of the state dict as a value, under its name there (`cls_token`, `blocks.0.ls1.gamma`), which is never a
 * module's. It has no inputs, and all images of a batch get the same.
 */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { Misfit, type Operation, type Shape, sizeOf } from './operation.js';

export interface ParameterAttrs {
  /** For each image, without the batch. */
  shape: Shape;
  /** The state dict's shape, if it is another: `[1, 1, 768]` with a batch of one in front, `[64]` of channels. */
  stored?: Shape;
}

/** The tensor has the name of the node, without a further part. */
export const VALUE = '';

export const operation: Operation<'parameter', ParameterAttrs> = {
  op: 'parameter',
  parameters: ({ shape, stored }) => new Map([[VALUE, stored ?? shape]]),
  outputShape(inputs, { shape, stored = shape }) {
    if (inputs.length > 0) throw new Misfit(`it has ${inputs.length} inputs, none is needed`);
    if (sizeOf(shape) !== sizeOf(stored)) {
      throw new Misfit(`its tensor [${stored.join(', ')}] does not have the values of [${shape.join(', ')}]`);
    }
    return shape;
  },
  reference: (_, { shape }, parameter) => ({ shape: [1, ...shape], data: Float64Array.from(parameter(VALUE)) }),
  // The tensor itself has the name of the node.
  onnx: () => [],
};

/** `self.NAME` in the `forward` of `module`. */
export function parameter(module: ModuleScope, name: string, attrs: ParameterAttrs, value: ValueShape = {}): Value {
  return module.parameter(name, operation, attrs, value);
}
