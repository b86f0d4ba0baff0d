/** One node ready to run: its weights uploaded, its attributes turned into TensorFlow.js arguments. */
import type * as tf from '@tensorflow/tfjs-core';

export interface PreparedOp {
  /** Freed with the program. */
  weights: readonly tf.Tensor[];
  /** Inputs in NHWC (or `[N, features]`). Runs inside `tf.tidy`, so it need not free intermediate tensors. */
  run(inputs: readonly tf.Tensor[]): tf.Tensor;
}

/** An operation without weights. */
export function weightless(run: PreparedOp['run']): PreparedOp {
  return { weights: [], run };
}
