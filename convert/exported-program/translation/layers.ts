/** Norms, products and attention. */
import { NotSupported } from '../../onnx/importing/not-supported.js';
import type { Call } from './call.js';
import { OWN_DOMAIN, type Translation, type Translations } from './translation.js';

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
  addmm: addMatMul,
  batch_norm: batchNorm,
  bmm: matMul('mat2'),
  einsum,
  group_norm: groupNorm,
  instance_norm: instanceNorm,
  layer_norm: layerNorm,
  linear,
  log_softmax: softmax('LogSoftmax'),
  matmul: matMul('other'),
  mm: matMul('mat2'),
  native_layer_norm: layerNorm,
  scaled_dot_product_attention: attention,
  softmax: softmax('Softmax'),
};
