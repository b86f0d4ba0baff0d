/** Convolutions and pools over one axis or two, norms, products and attention, and what ONNX has no operator for. */

import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { attributeOf, type OnnxNode } from '../../onnx/file/onnx-model.js';
import { pointwiseNamed } from '../../onnx/importing/activation.js';
import { map } from '../../onnx/importing/convolution.js';
import { constant, type Operator, optionalConstant } from '../../onnx/importing/graph-builder.js';
import { linear as linearOf } from '../../onnx/importing/matrix.js';
import { NotSupported } from '../../onnx/importing/value.js';
import type { Attributes } from '../../onnx/written-graph.js';
import { type Call, OWN_DOMAIN, operator, type Translation, type Translations } from './call.js';

/** Values of each channel where the layer has none of its own. */
const USUAL = { weight: 1, bias: 0, running_mean: 0, running_var: 1 } as const;

function norm(op: string, parts: readonly (keyof typeof USUAL)[], attributes: (call: Call) => Attributes): Translation {
  return (call) => {
    const channels = call.dims('input')[1] ?? 0;
    const given = (part: keyof typeof USUAL) =>
      call.optionalTensor(part) || call.floats(new Array<number>(channels).fill(USUAL[part]));
    return call.node(op, [call.tensor('input'), ...parts.map(given)], { ...epsilonOf(call), ...attributes(call) });
  };
}

function epsilonOf(call: Call): Attributes {
  return { epsilon: { float: call.number('eps', 1e-5) } };
}

/** Weights are standardised in training mode: then it is a constant. */
const batchNorm = norm('BatchNormalization', ['weight', 'bias', 'running_mean', 'running_var'], (call) => ({
  training_mode: Number(call.boolean('training', false)),
}));

const instanceNorm = norm('InstanceNormalization', ['weight', 'bias'], (call) => {
  if (!call.boolean('use_input_stats', true)) throw new NotSupported('it uses statistics of its training');
  return {};
});

const layerNorm = operator('LayerNormalization', 'input ?weight ?bias', (call) => ({
  axis: -call.numbers('normalized_shape').length,
  ...epsilonOf(call),
}));

function softmax(op: string): Translation {
  return operator(op, 'self', (call) => ({ axis: call.number('dim') }));
}

function linear(call: Call): string {
  const [input, weight, bias] = [call.tensor('input'), call.tensor('weight'), call.optionalTensor('bias')];
  if (call.writer.constants.has(input)) return constantLinear(call, input, weight, bias);
  return call.node(`${OWN_DOMAIN}.linear`, bias === '' ? [input, weight] : [input, weight, bias]);
}

/** ONNX's own operators compute a product of constants when the file is read: one of two matrices. */
function constantLinear(call: Call, input: string, weight: string, bias: string): string {
  const [outputs = null, inputs = null] = call.dims('weight');
  if (outputs === null || inputs === null) throw new NotSupported('the shape of its matrix is not known');
  const rows = call.node('Reshape', [input, call.integers([-1, inputs])]);
  const product = call.node('MatMul', [rows, call.node('Transpose', [weight], { perm: [1, 0] })]);
  const before = call.node('Shape', [input], { start: 0, end: call.rank('input') - 1 });
  const shape = call.node('Concat', [before, call.integers([outputs])], { axis: 0 });
  const shaped = call.node('Reshape', [product, shape]);
  return bias === '' ? shaped : call.node('Add', [shaped, bias]);
}

/** `beta·self + alpha·mat1·mat2` */
function addMatMul(call: Call): string {
  if (call.number('alpha', 1) !== 1 || call.number('beta', 1) !== 1) throw new NotSupported('it scales its product');
  return call.node('Add', [call.node('MatMul', [call.tensor('mat1'), call.tensor('mat2')]), call.tensor('self')]);
}

/** ONNX has the heads as an axis of their own, so a value without them gets one. */
function attention(call: Call): string {
  if (call.number('dropout_p', 0) !== 0) throw new NotSupported('it has dropout; export model.eval()');
  const isWithoutHeads = call.rank('query') === 3;
  const inHeads = (value: string) => (isWithoutHeads ? call.node('Unsqueeze', [value, call.integers([1])]) : value);
  const mask = call.optionalTensor('attn_mask');
  const inputs = [
    inHeads(call.tensor('query')),
    inHeads(call.tensor('key')),
    inHeads(call.tensor('value')),
    ...(mask === '' ? [] : [isWithoutHeads && call.rank('attn_mask') === 3 ? inHeads(mask) : mask]),
  ];
  const made = call.node('Attention', inputs, {
    is_causal: Number(call.boolean('is_causal', false)),
    ...(call.isLeftOut('scale') ? {} : { scale: { float: call.number('scale') } }),
  });
  return isWithoutHeads ? call.node('Squeeze', [made, call.integers([1])]) : made;
}

/** A number for each axis that windows slide over; one number stands for all. */
function perAxis(call: Call, name: string, axes: number, otherwise: readonly number[]): number[] {
  const found = call.numbers(name, otherwise);
  if (found.length === axes) return found;
  if (found.length !== 1) throw new NotSupported(`its ${name} is [${found.join(', ')}] for ${axes} axes`);
  return new Array<number>(axes).fill(found[0]!);
}

/** The same before and behind. */
function pads(call: Call, axes: number): number[] {
  const padding = perAxis(call, 'padding', axes, [0]);
  return [...padding, ...padding];
}

function withBias(call: Call): string[] {
  const bias = call.optionalTensor('bias');
  return [call.tensor('input'), call.tensor('weight'), ...(bias === '' ? [] : [bias])];
}

function convolution(call: Call): string {
  if (call.boolean('transposed', false)) return transposedConvolution(call);
  const axes = call.rank('weight') - 2;
  const dilations = perAxis(call, 'dilation', axes, [1]);
  const isNamed = !call.isLeftOut('padding') && call.string('padding', '') !== '';
  return call.node('Conv', withBias(call), {
    strides: perAxis(call, 'stride', axes, [1]),
    dilations,
    group: call.number('groups', 1),
    pads: isNamed ? namedPads(call, dilations) : pads(call, axes),
  });
}

/** As many zeros as keep the size, the odd one behind the map; or none. */
function namedPads(call: Call, dilations: readonly number[]): number[] {
  const padding = call.string('padding', 'valid');
  if (padding === 'valid') return new Array<number>(2 * dilations.length).fill(0);
  if (padding !== 'same') throw new NotSupported(`its padding is ${padding}`);
  const all = call
    .dims('weight')
    .slice(2)
    .map((size, axis) => dilations[axis]! * ((size ?? 1) - 1));
  const before = all.map((size) => Math.floor(size / 2));
  return [...before, ...all.map((size, axis) => size - before[axis]!)];
}

function transposedConvolution(call: Call): string {
  const axes = call.rank('weight') - 2;
  return call.node('ConvTranspose', withBias(call), {
    strides: perAxis(call, 'stride', axes, [1]),
    dilations: perAxis(call, 'dilation', axes, [1]),
    group: call.number('groups', 1),
    pads: pads(call, axes),
    output_padding: perAxis(call, 'output_padding', axes, [0]),
  });
}

function poolWindow(call: Call, axes: number): Record<string, readonly number[] | number> {
  const kernel = perAxis(call, 'kernel_size', axes, []);
  const stride = call.isLeftOut('stride') ? [] : call.numbers('stride');
  return {
    kernel_shape: kernel,
    strides: stride.length === 0 ? kernel : perAxis(call, 'stride', axes, kernel),
    pads: pads(call, axes),
    ceil_mode: Number(call.boolean('ceil_mode', false)),
  };
}

function maxPool(axes: number): Translation {
  return (call) => {
    const dilations = perAxis(call, 'dilation', axes, [1]);
    return call.node('MaxPool', [call.tensor('self')], { ...poolWindow(call, axes), dilations });
  };
}

function averagePool(axes: number): Translation {
  return (call) => {
    if (!call.isLeftOut('divisor_override')) throw new NotSupported('it has a divisor of its own');
    const count_include_pad = Number(call.boolean('count_include_pad', true));
    return call.node('AveragePool', [call.tensor('self')], { ...poolWindow(call, axes), count_include_pad });
  };
}

function adaptivePool(op: string): Translation {
  return (call) => {
    const output = perAxis(call, 'output_size', 2, []);
    return call.node(`${OWN_DOMAIN}.${op}`, [call.tensor('self')], { output });
  };
}

/** A line is a map of height 1. */
function adaptivePoolOfLine(op: string): Translation {
  return (call) => {
    const plane = call.node('Unsqueeze', [call.tensor('self'), call.integers([-2])]);
    const output = [1, ...perAxis(call, 'output_size', 1, [])];
    return call.node('Squeeze', [call.node(`${OWN_DOMAIN}.${op}`, [plane], { output }), call.integers([-2])]);
  };
}

export const layers: Translations = {
  _native_batch_norm_legit_no_training: batchNorm,
  _softmax: softmax('Softmax'),
  _log_softmax: softmax('LogSoftmax'),
  addmm: addMatMul,
  batch_norm: batchNorm,
  bmm: operator('MatMul', 'self mat2'),
  einsum: (call) => call.node('Einsum', call.tensors('tensors'), { equation: call.string('equation', '') }),
  group_norm: norm('GroupNormalization', ['weight', 'bias'], (call) => ({ num_groups: call.number('num_groups') })),
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  linear,
  log_softmax: softmax('LogSoftmax'),
  matmul: operator('MatMul', 'self other'),
  mm: operator('MatMul', 'self mat2'),
  native_layer_norm: layerNorm,
  scaled_dot_product_attention: attention,
  softmax: softmax('Softmax'),
  _adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  adaptive_avg_pool1d: adaptivePoolOfLine('adaptive_avg_pool2d'),
  adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  adaptive_max_pool1d: adaptivePoolOfLine('adaptive_max_pool2d'),
  adaptive_max_pool2d: adaptivePool('adaptive_max_pool2d'),
  avg_pool1d: averagePool(1),
  avg_pool2d: averagePool(2),
  avg_pool3d: averagePool(3),
  conv1d: convolution,
  conv2d: convolution,
  conv_transpose2d: transposedConvolution,
  convolution,
  max_pool1d: maxPool(1),
  max_pool2d: maxPool(2),
  max_pool2d_with_indices: maxPool(2),
};

// Operations of ATen that ONNX has no operator for, as nodes of the graph.

function adaptive(op: 'adaptiveAvgPool2d' | 'adaptiveMaxPool2d'): Operator {
  return (application) => {
    const { graph, name, node } = application;
    return graph.add(name, { op, attrs: { output: outputOf(node) } }, [map(application)]);
  };
}

function outputOf(node: OnnxNode): [number, number] {
  const [height = 0, width = 0] = attributeOf(node, 'output', 'ints') ?? [];
  if (height < 1 || width < 1) throw new NotSupported(`its output is of ${height}×${width}`);
  return [height, width];
}

const product: Operator = (application) => {
  const weight = constant(application, 1);
  if (weight.dims.length !== 2) throw new NotSupported(`its matrix has the shape [${weight.dims.join(', ')}]`);
  return linearOf(application, weight, optionalConstant(application, 2));
};

export const OWN_OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['aten.adaptive_avg_pool2d', adaptive('adaptiveAvgPool2d')],
  ['aten.adaptive_max_pool2d', adaptive('adaptiveMaxPool2d')],
  ['aten.linear', product],
  ...POINTWISE_FUNCTIONS.map((name): [string, Operator] => [
    `aten.${name}`,
    pointwiseNamed(name, POINTWISE[name].defaults),
  ]),
]);
