/** Turns a node of the graph into something that TensorFlow.js can run: a line for each operation. */

import {
  type Activation,
  type ComputedNode,
  interpret,
  leavesOf,
  onnxFileOnly,
  POINTWISE,
  type PointwiseAttrs,
  type PrimitiveTable,
} from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import * as axes from './axes.js';
import { prepareConv2d, prepareConvTranspose2d } from './convolution.js';
import { tf } from './global-engine.js';
import * as pooling from './pooling.js';
import * as products from './products.js';
import { alongAxes, channelwise, inOrder, type NodeTensors, type PreparedOp } from './step.js';

type Node<Name extends ComputedNode['op']> = Extract<ComputedNode, { op: Name }>;

type Preparations = { readonly [Name in ComputedNode['op']]: (node: Node<Name>, tensors: NodeTensors) => PreparedOp };

const PREPARATIONS: Preparations = {
  conv2d: ({ attrs }, tensors) => prepareConv2d(attrs, tensors),
  onnxFile: () => {
    throw onnxFileOnly('TensorFlow.js');
  },
  batchNorm2d: ({ attrs }, tensors) => products.prepareBatchNorm(attrs, tensors),
  groupNorm: ({ attrs }, tensors) => products.prepareGroupNorm(attrs, tensors),
  layerNorm: ({ attrs }, tensors) => products.prepareLayerNorm(attrs, tensors),
  normalize: ({ attrs }) => products.prepareNormalize(attrs),
  localResponseNorm: ({ attrs }) => products.prepareLocalResponseNorm(attrs),
  relu: () => alongAxes(([x]) => tf.relu(x!)),
  relu6: () => alongAxes(([x]) => tf.relu6(x!)),
  maxPool2d: ({ attrs }) => pooling.prepareMaxPool2d(attrs),
  avgPool2d: ({ attrs }) => pooling.prepareAvgPool2d(attrs),
  adaptiveAvgPool2d: ({ attrs }) => pooling.prepareAdaptiveAvgPool2d(attrs.output),
  adaptiveMaxPool2d: ({ attrs }) => pooling.prepareAdaptiveMaxPool2d(attrs.output),
  convTranspose2d: ({ attrs }, tensors) => prepareConvTranspose2d(attrs, tensors),
  resize: ({ attrs }) => axes.prepareResize(attrs),
  pixelShuffle: ({ attrs }) => axes.preparePixelShuffle(attrs.factor),
  attention: ({ attrs }) => products.prepareAttention(attrs),
  add: ({ attrs }) =>
    alongAxes(([first, ...others]) => {
      const sum = others.reduce((all, x) => tf.add(all, x), first!);
      return activate(sum, attrs.activation);
    }),
  sub: () => alongAxes(([a, b]) => tf.sub(a!, b!)),
  mul: () => alongAxes(([a, b]) => tf.mul(a!, b!)),
  div: () => alongAxes(([a, b]) => tf.div(a!, b!)),
  pow: () => alongAxes(([a, b]) => tf.pow(a!, b!)),
  maximum: () => alongAxes(([a, b]) => tf.maximum(a!, b!)),
  minimum: () => alongAxes(([a, b]) => tf.minimum(a!, b!)),
  gate: () => alongAxes(([a, b]) => products.gate(a!, b!)),
  concat: ({ attrs }) => axes.prepareConcat(attrs.axis),
  permute: ({ attrs }) => axes.preparePermute(attrs.axes),
  slice: ({ attrs }) => axes.prepareSlice(attrs),
  select: ({ attrs }) => axes.prepareSelect(attrs),
  gather: ({ attrs }) => axes.prepareGather(attrs.axis, attrs.indices),
  pad: ({ attrs }) => axes.preparePad(attrs),
  expand: ({ attrs }) => axes.prepareExpand(attrs.shape),
  reshape: ({ attrs }) => inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, ...attrs.shape])),
  reduce: ({ attrs }) => products.prepareReduce(attrs),
  softmax: ({ attrs }) => products.prepareSoftmax(attrs.axis),
  matmul: products.prepareMatmul,
  flatten: () => inOrder(([x]) => tf.reshape(x!, [x!.shape[0]!, -1])),
  linear: ({ attrs }, tensors) => products.prepareLinear(attrs, tensors),
  identity: () => alongAxes(([x]) => tf.clone(x!)),
  parameter: ({ attrs }, tensors) => prepareValue(tf.tensor(tensors('').data, [1, ...attrs.shape])),
  constant: ({ attrs }) => prepareValue(tf.tensor([...attrs.values], [1, ...attrs.shape], 'float32')),
  pointwise: ({ attrs }) => alongAxes(([x]) => pointwise(x!, attrs)),
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
  return POWERS.get(exponent)?.(x) ?? tf.pow(x, exponent);
}

const POWERS = new Map<number, (x: tf.Tensor) => tf.Tensor>([
  [1, tf.clone],
  [2, tf.square],
  [3, (x) => tf.mul(x, tf.square(x))],
  [0.5, tf.sqrt],
  [-1, (x) => tf.div(1, x)],
]);
