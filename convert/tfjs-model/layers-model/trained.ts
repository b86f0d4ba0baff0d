/** Layers of Keras that have weights. */
import { NotSupported } from '../../onnx/importing/value.js';
import { activated, combined } from '../writing/combining.js';
import * as maps from '../writing/maps.js';
import type { TfValue } from '../writing/writer.js';
import type { LayerCall } from './layer-call.js';
import { activation, type Layers } from './layer-call.js';

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
