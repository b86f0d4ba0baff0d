/** The functions of `pointwise` on TensorFlow.js. */

import {
  GELU_CUBIC,
  GELU_SLOPE,
  LEAKY_SLOPE,
  type PointwiseAttrs,
  type PointwiseFunction,
  QUICK_GELU_SLOPE,
  SELU_ALPHA,
  SELU_SCALE,
} from '../../../graph/index.js';
import { tf } from './global-engine.js';

export function pointwise(x: tf.Tensor, attrs: PointwiseAttrs): tf.Tensor {
  return FUNCTIONS[attrs.function](x, attrs);
}

const FUNCTIONS: Readonly<Record<PointwiseFunction, (x: tf.Tensor, attrs: PointwiseAttrs) => tf.Tensor>> = {
  leaky_relu: (x, { alpha = LEAKY_SLOPE }) => tf.leakyRelu(x, alpha),
  elu: (x, { alpha = 1 }) => (alpha === 1 ? tf.elu(x) : elu(x, alpha, 1)),
  celu: (x, { alpha = 1 }) => elu(x, alpha, 1 / alpha),
  selu: (x) => tf.mul(elu(x, SELU_ALPHA, 1), SELU_SCALE),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  // (1 + tanh(z))/2 is the sigmoid of 2z, which engines compute ten times as fast.
  gelu_tanh: (x) => {
    const slope = tf.add(tf.mul(tf.square(x), 2 * GELU_SLOPE * GELU_CUBIC), 2 * GELU_SLOPE);
    return tf.mul(x, tf.sigmoid(tf.mul(x, slope)));
  },
  quick_gelu: (x) => tf.mul(x, tf.sigmoid(tf.mul(x, QUICK_GELU_SLOPE))),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  mish: (x) => tf.mul(x, tf.tanh(softplus(x))),
  hardswish: (x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
  hardsigmoid: (x, { alpha = 1 / 6, beta = 1 / 2 }) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1),
  sigmoid: tf.sigmoid,
  softplus,
  softsign: (x) => tf.div(x, tf.add(tf.abs(x), 1)),
  tanh: tf.tanh,
  erf: tf.erf,
  exp: tf.exp,
  log: tf.log,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  reciprocal: (x) => tf.div(1, x),
  abs: tf.abs,
  neg: tf.neg,
  sign: tf.sign,
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  sin: tf.sin,
  cos: tf.cos,
  power: (x, { exponent = 1 }) => power(x, exponent),
  clamp: (x, { min = -LARGEST, max = LARGEST }) => tf.clipByValue(x, min, max),
};

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** `α·(exp(slope·x) - 1)` below 0. */
function elu(x: tf.Tensor, alpha: number, slope: number): tf.Tensor {
  const below = tf.elu(tf.mul(tf.minimum(x, 0), slope));
  return tf.add(tf.relu(x), tf.mul(below, alpha));
}

/** `log(1 + exp(x))` without overflow. */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.add(tf.relu(x), tf.log(tf.add(tf.exp(tf.neg(tf.abs(x))), 1)));
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
