/** The activation of a fused node, on TensorFlow.js. */
import tf = require('@tensorflow/tfjs-core');

import type { Activation } from '../../../graph/index.js';

/** For kernels that apply it themselves. */
export function fusedActivation(activation: Activation | undefined): Activation | 'linear' {
  return activation ?? 'linear';
}

export function activate<T extends tf.Tensor>(x: T, activation: Activation | undefined): T {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}
