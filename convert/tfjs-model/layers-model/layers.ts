import { NotSupported } from '../../onnx/importing/value.js';
import {
  activated,
  clipped,
  combined,
  concatenated,
  folded,
  passed,
  pointwise,
  reduced,
  reshaped,
  softmaxed,
  withNumber,
} from '../writing/combining.js';
import * as maps from '../writing/maps.js';
import type { TfValue } from '../writing/writer.js';
import { activation, type Layer, type LayerCall, type Layers } from './layer-call.js';

/** Noise and dropout, which only training has. */
const pass: Layer = (call) => passed(call, call.x);

function relu(call: LayerCall): TfValue {
  const { x } = call;
  const [most, slope] = [call.get('max_value'), call.number('negative_slope', 0)];
  if (call.number('threshold', 0) !== 0) throw new NotSupported('it has a threshold');
  if (slope !== 0 && most !== undefined) throw new NotSupported('it has a slope and a largest value');
  if (slope !== 0) return pointwise(call, 'LeakyRelu', x, { alpha: { float: slope } });
  if (most === undefined) return pointwise(call, 'Relu', x);
  return clipped(call, x, 0, call.number('max_value', 6));
}

function leakyRelu(call: LayerCall): TfValue {
  const alpha = call.number('alpha', call.number('negative_slope', 0.3));
  return pointwise(call, 'LeakyRelu', call.x, { alpha: { float: alpha } });
}

function elu(call: LayerCall): TfValue {
  return pointwise(call, 'Elu', call.x, { alpha: { float: call.number('alpha', 1) } });
}

function softmax(call: LayerCall): TfValue {
  return softmaxed(call, 'Softmax', call.x, call.number('axis', -1));
}

function pooling(op: 'MaxPool' | 'AveragePool'): Layer {
  return (call) => {
    const kernel = call.pair('pool_size', 2);
    const strides = call.get('strides') === undefined ? kernel : call.pair('strides', 2);
    return maps.pooling(call, op, call.x, kernel, windowOf(call, strides));
  };
}

function globalPooling(op: 'ReduceMean' | 'ReduceMax'): Layer {
  return (call) => {
    call.expectChannelsLast();
    if (call.x.rank !== 4) throw new NotSupported(`it gets a value with ${call.x.rank} dimensions, not a map`);
    return reduced(call, op, call.x, [1, 2], call.boolean('keepdims', false));
  };
}

function zeroPadding(call: LayerCall): TfValue {
  call.expectChannelsLast();
  return maps.padded(call, call.x, [[0, 0], ...call.around('padding'), [0, 0]], 'constant', 0);
}

/** To the last position but some. */
function cropping(call: LayerCall): TfValue {
  call.expectChannelsLast();
  const [[top, bottom], [left, right]] = call.around('cropping');
  const ends = [bottom, right].map((size) => (size === 0 ? END : -size));
  const lists = [[top, left], ends, [2, 3]].map((values) => call.integers(values));
  return { ...call.x, isMap: true, name: call.node('Slice', [call.map(call.x), ...lists]) };
}

const END = 2 ** 31 - 1;

function upSampling(call: LayerCall): TfValue {
  call.expectChannelsLast();
  const interpolation = call.string('interpolation', 'nearest');
  if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
    throw new NotSupported(`its interpolation is ${interpolation.slice(0, 100)}`);
  }
  const how =
    interpolation === 'nearest'
      ? { mode: 'nearest' as const, coordinates: 'asymmetric' }
      : { mode: 'linear' as const, coordinates: 'asymmetric' };
  return maps.resized(call, call.x, { scale: call.pair('size', 2) }, how);
}

function merging(op: string): Layer {
  return (call) => folded(call, op, call.inputs);
}

function average(call: LayerCall): TfValue {
  return withNumber(call, 'Div', folded(call, 'Add', call.inputs), call.inputs.length);
}

function subtract(call: LayerCall): TfValue {
  const [x, y] = call.inputs;
  if (x === undefined || y === undefined || call.inputs.length > 2) throw new NotSupported('it has not two inputs');
  return combined(call, 'Sub', x, y);
}

function concatenate(call: LayerCall): TfValue {
  return concatenated(call, call.inputs, call.number('axis', -1));
}

function flatten(call: LayerCall): TfValue {
  return reshaped(call, call.x, call.integers([0, -1]), 2, true);
}

/** The batch stays as it is. */
function reshape(call: LayerCall): TfValue {
  const target = call.numbers('target_shape');
  if (target === null) throw new NotSupported('it has no target_shape');
  return reshaped(
    call,
    call.x,
    call.integers([0, ...target.map((size) => size || -1)]),
    target.length + 1,
    target.length === 1,
  );
}

/** Axes are counted from 1, without the batch. */
function permute(call: LayerCall): TfValue {
  const dims = call.numbers('dims');
  if (dims === null) throw new NotSupported('it has no dims');
  const name = call.node('Transpose', [call.plain(call.x)], { perm: [0, ...dims] });
  return { ...call.x, name, isMap: false, flattened: undefined };
}

/** `scale·x + offset`, with a number or one for each channel. */
function rescaling(call: LayerCall): TfValue {
  const beside = (key: string, op: string, x: TfValue): TfValue => {
    const values = call.numbers(key);
    if (values === null) throw new NotSupported(`it has no ${key}`);
    const [first = 0, ...others] = values;
    if (others.every((value) => value === first)) return withNumber(call, op, x, first);
    const name = call.floats(values, x.isMap ? [1, values.length, 1, 1] : [values.length]);
    return { ...x, name: call.node(op, [x.name, name]), flattened: undefined };
  };
  const scaled = beside('scale', 'Mul', call.x);
  return call.numbers('offset')?.every((value) => value === 0) === true ? scaled : beside('offset', 'Add', scaled);
}

export const untrained: Layers = {
  ActivityRegularization: pass,
  Add: merging('Add'),
  AlphaDropout: pass,
  Average: average,
  AveragePooling2D: pooling('AveragePool'),
  Concatenate: concatenate,
  Cropping2D: cropping,
  Dropout: pass,
  ELU: elu,
  Flatten: flatten,
  GaussianDropout: pass,
  GaussianNoise: pass,
  GlobalAveragePooling2D: globalPooling('ReduceMean'),
  GlobalMaxPooling2D: globalPooling('ReduceMax'),
  Identity: pass,
  LeakyReLU: leakyRelu,
  MaxPooling2D: pooling('MaxPool'),
  Maximum: merging('Max'),
  Minimum: merging('Min'),
  Multiply: merging('Mul'),
  Permute: permute,
  ReLU: relu,
  Rescaling: rescaling,
  Reshape: reshape,
  Softmax: softmax,
  SpatialDropout2D: pass,
  Subtract: subtract,
  UpSampling2D: upSampling,
  ZeroPadding2D: zeroPadding,
};

/** `strides` of transposed convolutions and all others; a convolution here is not grouped. */
export function windowOf(call: LayerCall, strides = call.pair('strides', 1)): maps.WindowOptions {
  call.expectChannelsLast();
  const padding = call.string('padding', 'valid');
  if (padding !== 'valid' && padding !== 'same') throw new NotSupported(`its padding is ${padding.slice(0, 100)}`);
  return { strides, dilations: call.pair('dilation_rate', 1), padding };
}

function biasOf(call: LayerCall): TfValue | null {
  return call.weightIf(call.boolean('use_bias', true), 'bias');
}

function conv2d(call: LayerCall): TfValue {
  if (call.number('groups', 1) !== 1) throw new NotSupported('its channels are in groups');
  const made = maps.convolution(call, call.x, call.weight('kernel'), biasOf(call), windowOf(call));
  return activation(call, made);
}

function depthwiseConv2d(call: LayerCall): TfValue {
  const made = maps.depthwise(call, call.x, call.weight('depthwise_kernel'), biasOf(call), windowOf(call));
  return activation(call, made);
}

/** A filter for each channel, then one of single pixels. */
function separableConv2d(call: LayerCall): TfValue {
  const each = maps.depthwise(call, call.x, call.weight('depthwise_kernel'), null, windowOf(call));
  const pixels = { strides: [1, 1], dilations: [1, 1], padding: 'valid' } as const;
  return activation(call, maps.convolution(call, each, call.weight('pointwise_kernel'), biasOf(call), pixels));
}

function conv2dTranspose(call: LayerCall): TfValue {
  if (call.get('output_padding') !== undefined) throw new NotSupported('it has an output_padding');
  const made = maps.transposedConvolution(call, call.x, call.weight('kernel'), biasOf(call), windowOf(call));
  return activation(call, made);
}

function dense(call: LayerCall): TfValue {
  return activation(call, maps.dense(call, call.x, call.weight('kernel'), biasOf(call)));
}

function batchNormalization(call: LayerCall): TfValue {
  const { x } = call;
  const [axis = -1] = call.numbers('axis') ?? [];
  if (axis !== -1 && axis !== x.rank - 1) throw new NotSupported(`its axis is ${axis}`);
  return maps.batchNorm(call, x, {
    gamma: call.weightIf(call.boolean('scale', true), 'gamma'),
    beta: call.weightIf(call.boolean('center', true), 'beta'),
    mean: call.weight('moving_mean'),
    variance: call.weight('moving_variance'),
    epsilon: call.number('epsilon', 1e-3),
  });
}

/** Over the last axis: the channels of each pixel. */
function layerNormalization(call: LayerCall): TfValue {
  const { x } = call;
  const [axis = -1] = call.numbers('axis') ?? [];
  if (axis !== -1 && axis !== x.rank - 1) throw new NotSupported(`its axis is ${axis}`);
  const gamma = call.weightIf(call.boolean('scale', true), 'gamma');
  const beta = call.weightIf(call.boolean('center', true), 'beta');
  const channels = (gamma ?? beta)?.sizes?.[0];
  if (channels === undefined) throw new NotSupported('it has neither scale nor centre');
  const scale = gamma?.name ?? call.floats(new Array<number>(channels).fill(1));
  const attributes = { axis: -1, epsilon: { float: call.number('epsilon', 1e-3) } };
  const name = call.node('LayerNormalization', [call.plain(x), scale, beta?.name ?? ''], attributes);
  return { ...x, name, isMap: false, flattened: undefined };
}

function prelu(call: LayerCall): TfValue {
  const { x } = call;
  const alpha = call.weight('alpha');
  const slopes = x.isMap ? call.besideMap(alpha) : alpha.name;
  return { ...x, name: call.node('PRelu', [x.name, slopes]), flattened: undefined };
}

/** `(x − mean)/√variance`, of weights or of numbers in the configuration. */
function normalization(call: LayerCall): TfValue {
  const numbers = (key: string): TfValue => {
    const listed = call.numbers(key);
    if (listed === null) return call.weight(key);
    const sizes = listed.length === 1 ? [] : [listed.length];
    return { name: call.floats(listed, sizes), rank: sizes.length, isMap: false, sizes, isConstant: true };
  };
  const centred = combined(call, 'Sub', call.x, numbers('mean'));
  const variance = numbers('variance');
  const deviation = { ...variance, name: call.node('Sqrt', [variance.name]), sizes: null };
  return combined(call, 'Div', centred, deviation);
}

function activationLayer(call: LayerCall): TfValue {
  return activated(call, call.string('activation', 'linear'), call.x);
}

export const trained: Layers = {
  Activation: activationLayer,
  BatchNormalization: batchNormalization,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Dense: dense,
  DepthwiseConv2D: depthwiseConv2d,
  LayerNormalization: layerNormalization,
  Normalization: normalization,
  PReLU: prelu,
  SeparableConv2D: separableConv2d,
};
