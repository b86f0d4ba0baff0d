/** `a + b + …` by value. The inputs have the same number of dimensions; an axis of size 1 is repeated to fit. */
import { type Activation, activate, activated } from './activation.js';
import { combine } from './arithmetic.js';
import type { ModuleScope, Value } from './layer.js';
import { broadcastShape, type Operation } from './operation.js';

export interface AddAttrs {
  /** Set by the fuse pass: applied to the sum. */
  activation?: Activation;
}

export const operation: Operation<'add', AddAttrs> = {
  op: 'add',
  outputShape: broadcastShape,
  reference([first, ...rest], { activation }) {
    return activate(
      rest.reduce((sum, next) => combine(sum, next, (a, b) => a + b), first!),
      activation,
    );
  },
  onnx({ name, inputs, constants }, { activation }) {
    return activated({ op: inputs.length === 2 ? 'Add' : 'Sum', inputs, output: name }, activation, constants);
  },
};

export function add(module: ModuleScope, a: Value, b: Value): Value {
  return module.functional('add', operation, {}, [a, b], a);
}
