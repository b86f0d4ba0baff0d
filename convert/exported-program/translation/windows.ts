/** Convolutions and pools, over one axis or two. */
import { NotSupported } from '../../onnx/importing/not-supported.js';
import type { Call } from './call.js';
import { OWN_DOMAIN, type Translation, type Translations } from './translation.js';

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

export const windows: Translations = {
  _adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  adaptive_avg_pool1d: adaptivePoolOfLine('adaptive_avg_pool2d'),
  adaptive_avg_pool2d: adaptivePool('adaptive_avg_pool2d'),
  adaptive_max_pool1d: adaptivePoolOfLine('adaptive_max_pool2d'),
  adaptive_max_pool2d: adaptivePool('adaptive_max_pool2d'),
  avg_pool1d: averagePool(1),
  avg_pool2d: averagePool(2),
  conv1d: convolution,
  conv2d: convolution,
  conv_transpose2d: transposedConvolution,
  convolution,
  max_pool1d: maxPool(1),
  max_pool2d: maxPool(2),
  max_pool2d_with_indices: maxPool(2),
};
