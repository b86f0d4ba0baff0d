/** Values that follow from the network alone, such as the mask of shifted windows; the same for all images. */
import type { ModuleScope, Value, ValueShape } from './layer.js';
import { Misfit, type Operation, type Shape, sizeOf } from './operation.js';

export interface ConstantAttrs {
  /** For each image, without the batch. */
  shape: Shape;
  /** Row-major. */
  values: readonly number[];
}

export const operation: Operation<'constant', ConstantAttrs> = {
  op: 'constant',
  outputShape(inputs, { shape, values }) {
    if (inputs.length > 0) throw new Misfit(`it has ${inputs.length} inputs, none is needed`);
    if (sizeOf(shape) !== values.length) {
      throw new Misfit(`it has ${values.length} values, [${shape.join(', ')}] needs ${sizeOf(shape)}`);
    }
    return shape;
  },
  reference: (_, { shape, values }) => ({ shape: [1, ...shape], data: Float64Array.from(values) }),
  onnx({ name, constants }, { shape, values }) {
    const tensor = constants.floats(`${name}/values`, [1, ...shape], values);
    return [{ op: 'Identity', inputs: [tensor], output: name }];
  },
};

/** In the `forward` of `module`. @param name tells it from other constants of the module */
export function constant(module: ModuleScope, name: string, attrs: ConstantAttrs, value: ValueShape = {}): Value {
  return module.functional(name, operation, attrs, [], value);
}
