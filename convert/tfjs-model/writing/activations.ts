/** The functions that both kinds of models name: activations of Keras, and the operations that they become. */
import { POINTWISE, pointwiseBy, SELU_ALPHA, SELU_SCALE } from '../../../graph/index.js';
import { NotSupported } from '../../onnx/importing/not-supported.js';
import { clipped, combined, pointwise, softmaxed, withNumber } from './combining.js';
import type { TfValue } from './value.js';
import type { Call } from './writer.js';

type Activation = (call: Call, x: TfValue) => TfValue;

/** The functions of the graph that Keras has. */
const FUNCTIONS = [...pointwiseBy(({ keras = [] }) => keras)].map(([name, known]): [string, Activation] => {
  const { op, approximate } = POINTWISE[known].onnx!;
  return [name, (call, x) => pointwise(call, op, x, approximate === undefined ? {} : { approximate })];
});

/** As tfjs-layers names them (`src/activations.ts`). */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  ...Object.fromEntries(FUNCTIONS),
  hard_sigmoid: (call, x) => pointwise(call, 'HardSigmoid', x, { alpha: { float: 0.2 }, beta: { float: 0.5 } }),
  linear: (_, x) => x,
  log_softmax: (call, x) => softmaxed(call, 'LogSoftmax', x, -1),
  relu: (call, x) => pointwise(call, 'Relu', x),
  relu6: (call, x) => clipped(call, x, 0, 6),
  selu,
  silu: swish,
  softmax: (call, x) => softmaxed(call, 'Softmax', x, -1),
  swish,
};

/** @throws NotSupported for one that is not known */
export function activated(call: Call, name: string, x: TfValue): TfValue {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation === undefined) throw new NotSupported(`its activation is ${name.slice(0, 100)}`);
  return activation(call, x);
}

function swish(call: Call, x: TfValue): TfValue {
  return combined(call, 'Mul', x, pointwise(call, 'Sigmoid', x));
}

/** `scale·elu(x, alpha)` */
export function selu(call: Call, x: TfValue): TfValue {
  return withNumber(call, 'Mul', pointwise(call, 'Elu', x, { alpha: { float: SELU_ALPHA } }), SELU_SCALE);
}
