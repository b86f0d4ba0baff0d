/** Convolutions, pools, norms, products and attention. */
import { NotSupported } from '../../onnx/importing/not-supported.js';
import type { Call } from './call.js';
import { OWN_DOMAIN, type Translation, type Translations } from './translation.js';

/** Both directions; one number stands for both. */
function pair(call: Call, name: string, otherwise: readonly number[]): number[] {
  const [vertical = 0, horizontal = vertical, ...more] = call.numbers(name, otherwise);
  if (more.length > 0) throw new NotSupported(`its ${name} has ${more.length + 2} directions`);
  return [vertical, horizontal];
}

/** The same before and behind. */
function pads(call: Call): number[] {
  const padding = pair(call, 'padding', [0]);
  return [...padding, ...padding];
}

function withBias(call: Call): string[] {
  const bias = call.optionalTensor('bias');
  return [call.tensor('input'), call.tensor('weight'), ...(bias === '' ? [] : [bias])];
}

function convolution(call: Call): string {
  if (call.boolean('transposed', false)) return transposedConvolution(call);
  const dilations = pair(call, 'dilation', [1]);
  return call.node('Conv', withBias(call), {
    strides: pair(call, 'stride', [1]),
    dilations,
    group: call.number('groups', 1),
    pads: call.isLeftOut('padding') || call.string('padding', '') === '' ? pads(call) : namedPads(call, dilations),
  });
}

/** As many zeros as keep the size, the odd one behind the map; or none. */
function namedPads(call: Call, dilations: readonly number[]): number[] {
  const padding = call.string('padding', 'valid');
  if (padding === 'valid') return [0, 0, 0, 0];
  if (padding !== 'same') throw new NotSupported(`its padding is ${padding}`);
  const all = call
    .dims('weight')
    .slice(2)
    .map((size, axis) => dilations[axis]! * ((size ?? 1) - 1));
  const before = all.map((size) => Math.floor(size / 2));
  return [...before, ...all.map((size, axis) => size - before[axis]!)];
}

function transposedConvolution(call: Call): string {
  return call.node('ConvTranspose', withBias(call), {
    strides: pair(call, 'stride', [1]),
    dilations: pair(call, 'dilation', [1]),
    group: call.number('groups', 1),
    pads: pads(call),
    output_padding: pair(call, 'output_padding', [0]),
  });
}

function poolWindow(call: Call): Record<string, readonly number[] | number> {
  const kernel = pair(call, 'kernel_size', []);
  const stride = call.isLeftOut('stride') ? [] : call.numbers('stride');
  return {
    kernel_shape: kernel,
    strides: stride.length === 0 ? kernel : pair(call, 'stride', kernel),
    pads: pads(call),
    ceil_mode: Number(call.boolean('ceil_mode', false)),
  };
}

function maxPool(call: Call): string {
  return call.node('MaxPool', [call.tensor('self')], { ...poolWindow(call), dilations: pair(call, 'dilation', [1]) });
}

function averagePool(call: Call): string {
  if (!call.isLeftOut('divisor_override')) throw new NotSupported('it has a divisor of its own');
  const count_include_pad = Number(call.boolean('count_include_pad', true));
  return call.node('AveragePool', [call.tensor('self')], { ...poolWindow(call), count_include_pad });
}

function adaptivePool(op: string): Translation {
  return (call) => {
    const output = pair(call, 'output_size', []);
    return call.node(`${OWN_DOMAIN}.${op}`, [call.tensor('self')], { output });
  };
}

/** One value for each channel where the layer has none of its own. */
function perChannel(call: Call, name: string, channels: number, otherwise: number): string {
  const given = call.optionalTensor(name);
  return given === '' ? call.floats(new Array<number>(channels).fill(otherwise)) : given;
}

function batchNorm(call: Call): string {
  const channels = call.dims('input')[1] ?? 0;
  const inputs = [
    call.tensor('input'),
    perChannel(call, 'weight', channels, 1),
    perChannel(call, 'bias', channels, 0),
    perChannel(call, 'running_mean', channels, 0),
    perChannel(call, 'running_var', channels, 1),
  ];
  return call.node('BatchNormalization', inputs, {
    epsilon: { float: call.number('eps', 1e-5) },
    // Weights are standardised so: then it is a constant.
    training_mode: Number(call.boolean('training', false)),
  });
}

function layerNorm(call: Call): string {
  const axis = -call.numbers('normalized_shape').length;
  const inputs = [call.tensor('input'), call.optionalTensor('weight'), call.optionalTensor('bias')];
  return call.node('LayerNormalization', inputs, { axis, epsilon: { float: call.number('eps', 1e-5) } });
}

function groupNorm(call: Call): string {
  const channels = call.dims('input')[1] ?? 0;
  const inputs = [call.tensor('input'), perChannel(call, 'weight', channels, 1), perChannel(call, 'bias', channels, 0)];
  return call.node('GroupNormalization', inputs, {
    num_groups: call.number('num_groups'),
    epsilon: { float: call.number('eps', 1e-5) },
  });
}

function instanceNorm(call: Call): string {
  if (!call.boolean('use_input_stats', true)) throw new NotSupported('it uses statistics of its training');
  const channels = call.dims('input')[1] ?? 0;
  const inputs = [call.tensor('input'), perChannel(call, 'weight', channels, 1), perChannel(call, 'bias', channels, 0)];
  return call.node('InstanceNormalization', inputs, { epsilon: { float: call.number('eps', 1e-5) } });
}

function softmax(op: string): Translation {
  return (call) => call.node(op, [call.tensor('self')], { axis: call.number('dim') });
}

function linear(call: Call): string {
  const [input, weight, bias] = [call.tensor('input'), call.tensor('weight'), call.optionalTensor('bias')];
  if (call.isConstant(input)) return constantLinear(call, input, weight, bias);
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

function matMul(other: string): Translation {
  return (call) => call.node('MatMul', [call.tensor('self'), call.tensor(other)]);
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

function einsum(call: Call): string {
  return call.node('Einsum', call.tensors('tensors'), { equation: call.string('equation', '') });
}

export const layers: Translations = {
  _native_batch_norm_legit_no_training: batchNorm,
  _softmax: softmax('Softmax'),
  _log_softmax: softmax('LogSoftmax'),
  adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  _adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  adaptive_max_pool2d: adaptivePool('adaptive_max_pool2d'),
  addmm: addMatMul,
  avg_pool2d: averagePool,
  batch_norm: batchNorm,
  bmm: matMul('mat2'),
  conv2d: convolution,
  conv_transpose2d: transposedConvolution,
  convolution,
  einsum,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  linear,
  log_softmax: softmax('LogSoftmax'),
  matmul: matMul('other'),
  max_pool2d: maxPool,
  max_pool2d_with_indices: maxPool,
  mm: matMul('mat2'),
  native_layer_norm: layerNorm,
  scaled_dot_product_attention: attention,
  softmax: softmax('Softmax'),
};
