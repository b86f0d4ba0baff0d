/** Turns a node of the graph into something that TensorFlow.js can run: one case an operation. */
import tf = require('@tensorflow/tfjs-core');

import type { Activation, GraphNode } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { prepareAdaptiveAvgPool2d } from './adaptive-pooling.js';
import { prepareConv2d } from './convolution.js';
import { prepareLinear } from './linear.js';
import { prepareBatchNorm, prepareLocalResponseNorm } from './normalisation.js';
import { pointwise } from './pointwise.js';
import { prepareAvgPool2d, prepareMaxPool2d } from './pooling.js';
import { channelwise, forBatch, inOrder, type NodeTensors, onMaps, type PreparedOp, valueByValue } from './step.js';

export function prepareOp(node: Exclude<GraphNode, { op: 'input' }>, tensors: NodeTensors): PreparedOp {
  switch (node.op) {
    case 'conv2d':
      return prepareConv2d(node.attrs, tensors('weight'), node.attrs.bias ? tensors('bias') : undefined);
    case 'batchNorm2d':
      return prepareBatchNorm(node.attrs, tensors);
    case 'localResponseNorm':
      return prepareLocalResponseNorm(node.attrs);
    case 'relu':
    case 'relu6':
      return valueByValue(([x]) => activate(x!, node.op));
    case 'maxPool2d':
      return prepareMaxPool2d(node.attrs);
    case 'avgPool2d':
      return prepareAvgPool2d(node.attrs);
    case 'adaptiveAvgPool2d':
      return prepareAdaptiveAvgPool2d(node.attrs.output);
    case 'add':
      return valueByValue((inputs) =>
        activate(
          inputs.reduce((sum, x) => tf.add(sum, x)),
          node.attrs.activation,
        ),
      );
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'maximum':
    case 'minimum':
      return valueByValue(([a, b]) => tf[node.op](a!, b!));
    case 'concat':
      return prepareConcat(node.attrs.axis);
    case 'flatten':
      return inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, -1]));
    case 'linear':
      return prepareLinear(node.attrs, tensors);
    case 'identity':
      return valueByValue(([x]) => tf.clone(x!));
    case 'parameter': {
      const value = tf.tensor(tensors('').data, [1, ...node.attrs.shape]);
      return inOrder(() => tf.clone(value), [value]);
    }
    case 'pointwise':
      return valueByValue(([x]) => pointwise(x!, node.attrs));
    case 'prelu':
      return preparePRelu(tensors('weight'));
  }
}

function activate(x: tf.Tensor, activation: Activation | undefined): tf.Tensor {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

/** Maps are joined along their last axis as they lie, if it is their channels that are joined. */
function prepareConcat(axis: number): PreparedOp {
  const joinAt = (place: number) => (inputs: readonly tf.Tensor[]) => {
    const rows = Math.max(...inputs.map(({ shape }) => shape[0]!));
    return tf.concat(
      inputs.map((input) => forBatch(input, rows)),
      place,
    );
  };
  const [maps, ordered] = [onMaps(joinAt(-1)), inOrder(joinAt(axis))];
  return {
    weights: [],
    run: (inputs) => (axis === 1 && inputs.some(({ channelsLast }) => channelsLast) ? maps : ordered).run(inputs),
  };
}

function preparePRelu({ data }: Tensor): PreparedOp {
  const slope = tf.tensor1d(data);
  // The prelu of wasm does not repeat its slopes.
  return channelwise((x, slopes) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slopes!)), [slope]);
}
