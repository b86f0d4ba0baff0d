/**
 * Turns a node of the layer graph into the ONNX operators that compute it (onnx.ai/onnx/operators, opset 17). Each
 * operation has one case; an operation that takes many operators has a file of its own. Values keep the names of the
 * graph's nodes; values in between are named `node/what`.
 */

import type { ComputedNode, GraphNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { onnxFileOnly } from '../onnx-file-only.js';
import type { Activation } from '../operations/activation.js';
import type { Arithmetic } from '../operations/arithmetic.js';
import type { AvgPool2dAttrs, Pool2dAttrs } from '../operations/pooling.js';
import type { Padding } from '../operations/window.js';
import { adaptiveAvgPool2d, adaptiveMaxPool2d } from './adaptive-pooling.js';
import { attention } from './attention.js';
import { expand, gather, pad, permute, reduce, reshape, slice } from './axes.js';
import type { Constants } from './constants.js';
import { concat } from './joining.js';
import type { KnownValues } from './known-values.js';
import { linear } from './linear.js';
import { groupNorm, layerNorm, localResponseNorm, normalize } from './normalisation.js';
import { pointwise, prelu } from './pointwise.js';
import type { OnnxNode } from './proto.js';
import { resize } from './resize.js';

const ARITHMETIC: Readonly<Record<Arithmetic, string>> = {
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  pow: 'Pow',
  maximum: 'Max',
  minimum: 'Min',
};

/**
 * @param values what is known of the nodes before it
 * @throws GraphError `UNKNOWN_OPERATION`
 */
export function onnxNodes(node: ComputedNode, constants: Constants, values: KnownValues): OnnxNode[] {
  const { name, inputs } = node;
  switch (node.op) {
    case 'conv2d': {
      const { kernel, stride, padding, dilation, groups, bias, activation } = node.attrs;
      const attributes = {
        kernel_shape: kernel,
        strides: stride,
        pads: onnxPads(padding),
        dilations: dilation,
        group: groups,
      };
      return activated({ op: 'Conv', inputs: operands(node, bias), output: name, attributes }, constants, activation);
    }
    case 'linear': {
      const nodes = linear(node, values.rankOf(inputs[0]!));
      const last = activated(nodes.at(-1)!, constants, node.attrs.activation);
      return [...nodes.slice(0, -1), ...last];
    }
    case 'batchNorm2d':
      return [
        {
          op: 'BatchNormalization',
          inputs: [...inputs, ...['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${name}.${part}`)],
          output: name,
          attributes: { epsilon: { float: node.attrs.eps } },
        },
      ];
    case 'relu':
    case 'relu6':
      return [activationNode(inputs[0]!, name, node.op, constants)];
    case 'add':
      return activated(
        { op: inputs.length === 2 ? 'Add' : 'Sum', inputs, output: name },
        constants,
        node.attrs.activation,
      );
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'maximum':
    case 'minimum':
      return [{ op: ARITHMETIC[node.op], inputs, output: name }];
    case 'layerNorm':
      return layerNorm(node, values.rankOf(inputs[0]!), constants);
    case 'groupNorm':
      return groupNorm(node, values.rankOf(inputs[0]!), constants);
    case 'normalize':
      return normalize(name, inputs[0]!, node.attrs, constants);
    case 'localResponseNorm':
      return localResponseNorm(node, values.shapeOf(inputs[0]!)[0]!, constants);
    case 'convTranspose2d':
      return [transposedConvolution(node)];
    case 'maxPool2d': {
      const { dilation = [1, 1] } = node.attrs;
      return [
        { op: 'MaxPool', inputs, output: name, attributes: { ...poolAttributes(node.attrs), dilations: dilation } },
      ];
    }
    case 'avgPool2d':
      return [{ op: 'AveragePool', inputs, output: name, attributes: avgPoolAttributes(name, node.attrs) }];
    case 'adaptiveAvgPool2d':
      return adaptiveAvgPool2d(name, inputs[0]!, node.attrs.output, constants);
    case 'adaptiveMaxPool2d':
      return adaptiveMaxPool2d(node, values.shapeOf(inputs[0]!), constants);
    case 'resize':
      return resize(name, inputs[0]!, node.attrs, () => values.shapeOf(inputs[0]!), constants);
    case 'pixelShuffle': {
      const attributes = { blocksize: node.attrs.factor, mode: { string: 'CRD' } };
      return [{ op: 'DepthToSpace', inputs, output: name, attributes }];
    }
    case 'attention':
      return attention(node, values.rankOf(inputs[0]!), constants);
    case 'flatten':
      return [{ op: 'Flatten', inputs, output: name, attributes: { axis: 1 } }];
    case 'permute':
      return [permute(name, inputs[0]!, node.attrs.axes)];
    case 'reshape':
      return [reshape(name, inputs[0]!, node.attrs.shape, constants)];
    case 'expand':
      return [expand(name, inputs[0]!, node.attrs.shape, constants)];
    case 'slice':
      return [slice(name, inputs[0]!, node.attrs, constants)];
    case 'select':
      return [gather(name, inputs[0]!, { axis: node.attrs.axis, indices: node.attrs.index }, constants)];
    case 'gather':
      return [gather(name, inputs[0]!, node.attrs, constants)];
    case 'pad':
      return [pad(name, inputs[0]!, node.attrs, constants)];
    case 'reduce':
      return [reduce(name, inputs[0]!, node.attrs, constants)];
    case 'softmax':
      return [{ op: 'Softmax', inputs, output: name, attributes: { axis: node.attrs.axis } }];
    case 'matmul':
      return [{ op: 'MatMul', inputs, output: name }];
    case 'concat':
      return concat(name, inputs, node.attrs.axis, constants, values);
    case 'identity':
      return [{ op: 'Identity', inputs, output: name }];
    case 'constant': {
      const values = constants.floats(`${name}/values`, [1, ...node.attrs.shape], node.attrs.values);
      return [{ op: 'Identity', inputs: [values], output: name }];
    }
    case 'parameter':
      // The tensor itself has the name of the node.
      return [];
    case 'onnxFile':
      throw onnxFileOnly('the writer of ONNX files');
    case 'pointwise':
      return pointwise(name, inputs[0]!, node.attrs, constants);
    case 'prelu':
      return prelu(node, values.rankOf(inputs[0]!), constants);
  }
}

function transposedConvolution(node: Extract<ComputedNode, { op: 'convTranspose2d' }>): OnnxNode {
  const { kernel, stride, padding, dilation, outputPadding, groups, bias } = node.attrs;
  const attributes = {
    kernel_shape: kernel,
    strides: stride,
    pads: onnxPads(padding),
    dilations: dilation,
    output_padding: outputPadding,
    group: groups,
  };
  return { op: 'ConvTranspose', inputs: operands(node, bias), output: node.name, attributes };
}

function operands({ name, inputs }: GraphNode, bias: boolean): string[] {
  return [...inputs, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
}

function poolAttributes({ kernel, stride, padding, ceilMode }: Pool2dAttrs) {
  return { kernel_shape: kernel, strides: stride, pads: onnxPads(padding), ceil_mode: ceilMode ? 1 : 0 };
}

/**
 * Where windows reach beyond the padding, onnxruntime up to 1.24 also divides by the positions there. Without padding
 * the same pooling can be written in another way. With padding it cannot, and no network here needs it.
 */
function avgPoolAttributes(name: string, attrs: AvgPool2dAttrs) {
  const padded = attrs.padding.some((pixels) => pixels > 0);
  if (attrs.ceilMode && attrs.countIncludePad && padded) {
    throw new GraphError(
      'UNKNOWN_OPERATION',
      `${name}: an average pooling that rounds its size up and counts its padding cannot be written as ONNX, ` +
        'since runtimes disagree about it',
    );
  }
  return { ...poolAttributes(attrs), count_include_pad: attrs.countIncludePad && padded ? 1 : 0 };
}

/** ONNX wants the padding before all axes first, then the padding after them. */
function onnxPads([top, bottom, left, right]: Padding): number[] {
  return [top, left, bottom, right];
}

/** The node, followed by its activation if it has one. */
function activated(node: OnnxNode, constants: Constants, activation: Activation | undefined): OnnxNode[] {
  if (activation === undefined) return [node];
  const before = `${node.output}/linear`;
  return [{ ...node, output: before }, activationNode(before, node.output, activation, constants)];
}

function activationNode(input: string, output: string, activation: Activation, constants: Constants): OnnxNode {
  if (activation === 'relu') return { op: 'Relu', inputs: [input], output };
  return { op: 'Clip', inputs: [input, constants.floats('0.0', [], [0]), constants.floats('6.0', [], [6])], output };
}
