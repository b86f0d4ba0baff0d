/** `a + b + …` of inputs that have one shape. */
import { type Activation, activate } from './activation.js';
import type { ModuleScope, Value } from './layer.js';
import { sameShape } from './misfit.js';
import type { Operation } from './operation.js';

export interface AddAttrs {
  /** Set by the fuse pass: applied to the sum. */
  activation?: Activation;
}

export const operation: Operation<'add', AddAttrs> = {
  op: 'add',
  outputShape: sameShape,
  reference([first, ...rest], { activation }) {
    const data = first!.data.map((value, i) => rest.reduce((sum, { data }) => sum + data[i]!, value));
    return activate({ shape: first!.shape, data }, activation);
  },
};

/** `a + b` in the `forward` of `module`. */
export function add(module: ModuleScope, a: Value, b: Value): Value {
  return module.functional('add', operation, {}, [a, b]);
}
