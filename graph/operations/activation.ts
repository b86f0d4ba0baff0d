/** Activations that operations may apply to their own output, so that no pass over memory is needed for them. */
import type { Values } from './operation.js';

export type Activation = 'relu' | 'relu6';

const FORMULAS: Readonly<Record<Activation, (value: number) => number>> = {
  relu: (value) => Math.max(value, 0),
  relu6: (value) => Math.min(Math.max(value, 0), 6),
};

/** Undefined: the values as they are. */
export function activate(values: Values, activation: Activation | undefined): Values {
  if (activation === undefined) return values;
  return { shape: values.shape, data: values.data.map(FORMULAS[activation]) };
}
