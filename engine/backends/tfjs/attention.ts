/** Attention on TensorFlow.js: two products and a softmax. */

import { type AttentionAttrs, attentionScale } from '../../../graph/index.js';
import { tf } from './global-engine.js';
import { multiply } from './products.js';
import { inOrder, type PreparedOp } from './step.js';

/** Added to the scores of keys that a query must not see: exp of it is 0. */
const UNSEEN = -1e30;

export function prepareAttention(attrs: AttentionAttrs): PreparedOp {
  return inOrder(([queries, keys, values, bias]) => {
    const scaled = tf.mul(queries!, attentionScale(queries!.shape, attrs));
    const dots = capped(multiply(scaled, keys!, true), attrs);
    const biased = bias === undefined ? dots : tf.add(dots, bias);
    const [length, seen] = [biased.shape.at(-2)!, biased.shape.at(-1)!];
    const scores = attrs.causal ? tf.add(biased, causalMask(length, seen)) : biased;
    return multiply(tf.softmax(scores), values!);
  });
}

function capped(dots: tf.Tensor, { softcap }: AttentionAttrs): tf.Tensor {
  return softcap === undefined ? dots : tf.mul(tf.tanh(tf.div(dots, softcap)), softcap);
}

function causalMask(queries: number, keys: number): tf.Tensor2D {
  const mask = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) mask.fill(UNSEEN, query * keys + query + 1, (query + 1) * keys);
  return tf.tensor2d(mask, [queries, keys]);
}
