/** Turns a node of the graph into something that TensorFlow.js can run: one case an operation. */

import { type Activation, type GraphNode, onnxFileOnly } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { prepareAdaptiveAvgPool2d, prepareAdaptiveMaxPool2d } from './adaptive-pooling.js';
import { prepareAttention } from './attention.js';
import {
  prepareConcat,
  prepareExpand,
  prepareGather,
  preparePad,
  preparePermute,
  prepareSelect,
  prepareSlice,
} from './axes.js';
import { prepareConv2d } from './convolution.js';
import { tf } from './global-engine.js';
import { prepareLinear } from './linear.js';
import {
  prepareBatchNorm,
  prepareGroupNorm,
  prepareLayerNorm,
  prepareLocalResponseNorm,
  prepareNormalize,
} from './normalisation.js';
import { pointwise } from './pointwise.js';
import { prepareAvgPool2d, prepareMaxPool2d } from './pooling.js';
import { prepareMatmul, prepareReduce, prepareSoftmax } from './products.js';
import { preparePixelShuffle, prepareResize } from './resize.js';
import { channelwise, inOrder, type NodeTensors, type PreparedOp, valueByValue } from './step.js';
import { prepareConvTranspose2d } from './transposed-convolution.js';

export function prepareOp(node: Exclude<GraphNode, { op: 'input' }>, tensors: NodeTensors): PreparedOp {
  switch (node.op) {
    case 'conv2d':
      return prepareConv2d(node.attrs, tensors('weight'), node.attrs.bias ? tensors('bias') : undefined);
    case 'onnxFile':
      throw onnxFileOnly('TensorFlow.js');
    case 'batchNorm2d':
      return prepareBatchNorm(node.attrs, tensors);
    case 'groupNorm':
      return prepareGroupNorm(node.attrs, tensors);
    case 'layerNorm':
      return prepareLayerNorm(node.attrs, tensors);
    case 'normalize':
      return prepareNormalize(node.attrs);
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
    case 'adaptiveMaxPool2d':
      return prepareAdaptiveMaxPool2d(node.attrs.output);
    case 'convTranspose2d':
      return prepareConvTranspose2d(node.attrs, tensors);
    case 'resize':
      return prepareResize(node.attrs);
    case 'pixelShuffle':
      return preparePixelShuffle(node.attrs.factor);
    case 'attention':
      return prepareAttention(node.attrs);
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
    case 'permute':
      return preparePermute(node.attrs.axes);
    case 'slice':
      return prepareSlice(node.attrs);
    case 'select':
      return prepareSelect(node.attrs);
    case 'gather':
      return prepareGather(node.attrs.axis, node.attrs.indices);
    case 'pad':
      return preparePad(node.attrs);
    case 'expand':
      return prepareExpand(node.attrs.shape);
    case 'reshape':
      return inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, ...node.attrs.shape]));
    case 'reduce':
      return prepareReduce(node.attrs);
    case 'softmax':
      return prepareSoftmax(node.attrs.axis);
    case 'matmul':
      return prepareMatmul();
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
    case 'constant': {
      const value = tf.tensor([...node.attrs.values], [1, ...node.attrs.shape], 'float32');
      return inOrder(() => tf.clone(value), [value]);
    }
    case 'pointwise':
      return valueByValue(([x]) => pointwise(x!, node.attrs));
    case 'prelu':
      return preparePRelu(tensors('weight'));
  }
}

function activate<T extends tf.Tensor>(x: T, activation: Activation | undefined): T {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

function preparePRelu({ data }: Tensor): PreparedOp {
  const slope = tf.tensor1d(data);
  return channelwise((x, slopes) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slopes!)), [slope]);
}
