/** Turns a node of the graph into something that TensorFlow.js can run: one case an operation. */
import tf = require('@tensorflow/tfjs-core');

import { type Activation, type GraphNode, LEAKY_SLOPE, type Op, type PointwiseFunction } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { prepareAdaptiveAvgPool2d } from './adaptive-pooling.js';
import { fusedActivation, prepareConv2d } from './convolution.js';
import { prepareAvgPool2d, prepareMaxPool2d } from './pooling.js';
import { type PreparedOp, weightless } from './step.js';

/** Tensors of one node by the last part of their names (`weight`, `running_mean`). */
export type NodeTensors = (part: string) => Tensor;

export function prepareOp(node: Exclude<GraphNode, { op: 'input' }>, tensors: NodeTensors): PreparedOp {
  switch (node.op) {
    case 'conv2d':
      return prepareConv2d(node.attrs, tensors('weight'), node.attrs.bias ? tensors('bias') : undefined);
    case 'batchNorm2d':
      return prepareBatchNorm2d(node.attrs.eps, tensors);
    case 'relu':
    case 'relu6':
      return weightless(([x]) => activate(x!, node.op));
    case 'maxPool2d':
      return prepareMaxPool2d(node.attrs);
    case 'avgPool2d':
      return prepareAvgPool2d(node.attrs);
    case 'adaptiveAvgPool2d':
      return prepareAdaptiveAvgPool2d(node.attrs.output);
    case 'add':
      return weightless((inputs) =>
        activate(
          inputs.reduce((sum, x) => tf.add(sum, x)),
          node.attrs.activation,
        ),
      );
    case 'concat':
      return weightless((inputs) => tf.concat([...inputs], -1));
    case 'flatten':
      return weightless(([x]) => flatten(x!));
    case 'linear':
      return prepareLinear(node.attrs, tensors);
    case 'identity':
      return weightless(([x]) => tf.clone(x!));
    case 'pointwise':
      return weightless(([x]) => POINTWISE[node.attrs.function](x!));
  }
}

const POINTWISE: Readonly<Record<PointwiseFunction, (x: tf.Tensor) => tf.Tensor>> = {
  leaky_relu: (x) => tf.leakyRelu(x, LEAKY_SLOPE),
  elu: tf.elu,
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  hardswish: (x) => tf.mul(x, tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6)),
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
};

/** A batch norm that could not be folded, as a factor and an offset a channel. */
function prepareBatchNorm2d(eps: number, tensors: NodeTensors): PreparedOp {
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((p) => tensors(p).data);
  const factors = Float64Array.from(gamma!, (g, c) => g / Math.sqrt(variance![c]! + eps));
  const factor = tf.tensor1d(Float32Array.from(factors));
  const offset = tf.tensor1d(Float32Array.from(beta!, (b, c) => b - mean![c]! * factors[c]!));
  return { weights: [factor, offset], run: ([x]) => tf.add(tf.mul(x!, factor), offset) };
}

function prepareLinear(
  { inFeatures, outFeatures, bias, activation }: Extract<Op, { op: 'linear' }>['attrs'],
  tensors: NodeTensors,
): PreparedOp {
  const weight = tf.tidy(() => tf.transpose(tf.tensor2d(tensors('weight').data, [outFeatures, inFeatures])));
  const offset = tf.tensor1d(bias ? tensors('bias').data : new Float32Array(outFeatures));
  return {
    weights: [weight, offset],
    run: ([x]) => tf.fused.matMul({ a: x!, b: weight, bias: offset, activation: fusedActivation(activation) }),
  };
}

function activate(x: tf.Tensor, activation: Activation | undefined): tf.Tensor {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

/** NHWC → `[N, C·H·W]` in PyTorch's order. */
function flatten(x: tf.Tensor): tf.Tensor {
  const channelsFirst = x.rank === 4 ? tf.transpose(x, [0, 3, 1, 2]) : x;
  return tf.reshape(channelsFirst, [x.shape[0]!, -1]);
}
