/** Turns a node of the graph into something that TensorFlow.js can run: a line for each operation. */

import { type Activation, type ComputedNode, onnxFileOnly } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { prepareAdaptiveAvgPool2d, prepareAdaptiveMaxPool2d } from './adaptive-pooling.js';
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
import {
  prepareBatchNorm,
  prepareGroupNorm,
  prepareLayerNorm,
  prepareLocalResponseNorm,
  prepareNormalize,
} from './normalisation.js';
import { pointwise } from './pointwise.js';
import { prepareAvgPool2d, prepareMaxPool2d } from './pooling.js';
import { prepareAttention, prepareLinear, prepareMatmul, prepareReduce, prepareSoftmax } from './products.js';
import { preparePixelShuffle, prepareResize } from './resize.js';
import { channelwise, inOrder, type NodeTensors, type PreparedOp, valueByValue } from './step.js';
import { prepareConvTranspose2d } from './transposed-convolution.js';

type Node<Name extends ComputedNode['op']> = Extract<ComputedNode, { op: Name }>;

type Preparations = { readonly [Name in ComputedNode['op']]: (node: Node<Name>, tensors: NodeTensors) => PreparedOp };

const PREPARATIONS: Preparations = {
  conv2d: ({ attrs }, tensors) => prepareConv2d(attrs, tensors('weight'), attrs.bias ? tensors('bias') : undefined),
  onnxFile: () => {
    throw onnxFileOnly('TensorFlow.js');
  },
  batchNorm2d: ({ attrs }, tensors) => prepareBatchNorm(attrs, tensors),
  groupNorm: ({ attrs }, tensors) => prepareGroupNorm(attrs, tensors),
  layerNorm: ({ attrs }, tensors) => prepareLayerNorm(attrs, tensors),
  normalize: ({ attrs }) => prepareNormalize(attrs),
  localResponseNorm: ({ attrs }) => prepareLocalResponseNorm(attrs),
  relu: () => valueByValue(([x]) => tf.relu(x!)),
  relu6: () => valueByValue(([x]) => tf.relu6(x!)),
  maxPool2d: ({ attrs }) => prepareMaxPool2d(attrs),
  avgPool2d: ({ attrs }) => prepareAvgPool2d(attrs),
  adaptiveAvgPool2d: ({ attrs }) => prepareAdaptiveAvgPool2d(attrs.output),
  adaptiveMaxPool2d: ({ attrs }) => prepareAdaptiveMaxPool2d(attrs.output),
  convTranspose2d: ({ attrs }, tensors) => prepareConvTranspose2d(attrs, tensors),
  resize: ({ attrs }) => prepareResize(attrs),
  pixelShuffle: ({ attrs }) => preparePixelShuffle(attrs.factor),
  attention: ({ attrs }) => prepareAttention(attrs),
  add: ({ attrs }) =>
    valueByValue((inputs) =>
      activate(
        inputs.reduce((sum, x) => tf.add(sum, x)),
        attrs.activation,
      ),
    ),
  sub: () => valueByValue(([a, b]) => tf.sub(a!, b!)),
  mul: () => valueByValue(([a, b]) => tf.mul(a!, b!)),
  div: () => valueByValue(([a, b]) => tf.div(a!, b!)),
  pow: () => valueByValue(([a, b]) => tf.pow(a!, b!)),
  maximum: () => valueByValue(([a, b]) => tf.maximum(a!, b!)),
  minimum: () => valueByValue(([a, b]) => tf.minimum(a!, b!)),
  concat: ({ attrs }) => prepareConcat(attrs.axis),
  permute: ({ attrs }) => preparePermute(attrs.axes),
  slice: ({ attrs }) => prepareSlice(attrs),
  select: ({ attrs }) => prepareSelect(attrs),
  gather: ({ attrs }) => prepareGather(attrs.axis, attrs.indices),
  pad: ({ attrs }) => preparePad(attrs),
  expand: ({ attrs }) => prepareExpand(attrs.shape),
  reshape: ({ attrs }) => inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, ...attrs.shape])),
  reduce: ({ attrs }) => prepareReduce(attrs),
  softmax: ({ attrs }) => prepareSoftmax(attrs.axis),
  matmul: prepareMatmul,
  flatten: () => inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, -1])),
  linear: ({ attrs }, tensors) => prepareLinear(attrs, tensors),
  identity: () => valueByValue(([x]) => tf.clone(x!)),
  parameter: ({ attrs }, tensors) => prepareValue(tf.tensor(tensors('').data, [1, ...attrs.shape])),
  constant: ({ attrs }) => prepareValue(tf.tensor([...attrs.values], [1, ...attrs.shape], 'float32')),
  pointwise: ({ attrs }) => valueByValue(([x]) => pointwise(x!, attrs)),
  prelu: (_, tensors) => preparePRelu(tensors('weight')),
};

export function prepareOp(node: ComputedNode, tensors: NodeTensors): PreparedOp {
  // The table says which nodes an entry takes, and the compiler that it is right.
  return PREPARATIONS[node.op](node as never, tensors);
}

/** The same for all images. */
function prepareValue(value: tf.Tensor): PreparedOp {
  return inOrder(() => tf.clone(value), [value]);
}

function activate<T extends tf.Tensor>(x: T, activation: Activation | undefined): T {
  if (activation === undefined) return x;
  return activation === 'relu' ? tf.relu(x) : tf.relu6(x);
}

function preparePRelu({ data }: Tensor): PreparedOp {
  const slope = tf.tensor1d(data);
  return channelwise((x, slopes) => tf.add(tf.relu(x), tf.mul(tf.minimum(x, 0), slopes!)), [slope]);
}
