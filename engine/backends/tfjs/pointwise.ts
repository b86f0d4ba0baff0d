/** The functions of `pointwise` on TensorFlow.js. */
import { interpret, leavesOf, POINTWISE, type PointwiseAttrs, type PrimitiveTable } from '../../../graph/index.js';
import { tf } from './global-engine.js';

export function pointwise(x: tf.Tensor, attrs: PointwiseAttrs): tf.Tensor {
  const { is, fast = is } = POINTWISE[attrs.function];
  return interpret<Operand>(fast, leavesOf(attrs, x), PRIMITIVES) as tf.Tensor;
}

type Operand = tf.Tensor | number;

const PRIMITIVES: PrimitiveTable<Operand> = {
  add: tf.add,
  mul: tf.mul,
  div: tf.div,
  pow: (x, exponent) => power(x as tf.Tensor, exponent as number),
  clamp: (x, low, high) => tf.clipByValue(x, finite(low), finite(high)),
  belowZero: (x, a, b) => tf.where(tf.less(x, 0), a, b),
  abs: tf.abs,
  ceil: tf.ceil,
  cos: tf.cos,
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  floor: tf.floor,
  log: tf.log,
  neg: tf.neg,
  round: tf.round,
  sigmoid: tf.sigmoid,
  sign: tf.sign,
  sin: tf.sin,
  softplus: (x) => tf.add(tf.relu(x), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1))),
  sqrt: tf.sqrt,
  tanh: tf.tanh,
};

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** No engine takes infinity as a limit. */
function finite(limit: Operand): number {
  return Math.min(Math.max(limit as number, -LARGEST), LARGEST);
}

/** Engines differ in what they make of a negative number to a float32 power, but not in its products. */
function power(x: tf.Tensor, exponent: number): tf.Tensor {
  switch (exponent) {
    case 1:
      return tf.clone(x);
    case 2:
      return tf.square(x);
    case 3:
      return tf.mul(x, tf.square(x));
    case 0.5:
      return tf.sqrt(x);
    case -1:
      return tf.div(1, x);
    default:
      return tf.pow(x, exponent);
  }
}
