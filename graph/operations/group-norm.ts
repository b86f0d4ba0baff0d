/**
 * `nn.GroupNorm`: `γ·(x − μ)/√(σ² + ε) + β`, with the mean and the variance of each group of channels (axis 1) in each
 * image. `nn.InstanceNorm2d` without running statistics has a group for each channel.
 */
import type { Layer } from './layer.js';
import { expectChannels, Misfit, only } from './misfit.js';
import type { OnnxNode, OnnxPlace } from './onnx-form.js';
import type { Operation } from './operation.js';
import { sizeOf } from './positions.js';
import { standardised } from './standardise.js';

export interface GroupNormAttrs {
  groups: number;
  channels: number;
  eps: number;
  /** Whether there are a γ, `weight`, and a β, `bias`, for each channel. */
  affine: boolean;
}

export const operation: Operation<'groupNorm', GroupNormAttrs> = {
  op: 'groupNorm',

  parameters: ({ channels, affine }) => new Map(affine ? ['weight', 'bias'].map((name) => [name, [channels]]) : []),

  outputShape(inputs, { groups, channels }) {
    const input = only(inputs);
    expectChannels(channels, input[0] ?? 0);
    if (channels % groups !== 0) throw new Misfit(`${channels} channels are not ${groups} groups of one size`);
    return input;
  },

  reference([x], { groups, channels, eps, affine }, parameter) {
    const { shape, data } = x!;
    const plane = sizeOf(shape.slice(2));
    const [gain, shift] = affine ? [parameter('weight'), parameter('bias')] : [null, null];
    const output = standardised(data, (channels / groups) * plane, eps).map((z, i) => {
      const c = Math.floor(i / plane) % channels;
      return z * (gain?.[c] ?? 1) + (shift?.[c] ?? 0);
    });
    return { shape, data: output };
  },
  onnx: written,
};

/** `nn.GroupNorm(groups, channels, eps)`. */
export function groupNorm(groups: number, eps = 1e-5): Layer {
  return (module, x) =>
    module.operation(operation, { groups, channels: x.channels, eps, affine: true }, x, { spatial: x.spatial });
}

/**
 * Opset 17 has only the norm of each channel: a group is made one channel for it. Afterwards, the value gets its shape
 * back, and each channel its own scale.
 */
function written(
  { name, inputs: [input], constants, rankOf }: OnnxPlace,
  { groups, channels, eps, affine }: GroupNormAttrs,
): OnnxNode[] {
  const flat = (value: number) =>
    constants.floats(`${groups} times ${value}`, [groups], new Float32Array(groups).fill(value));
  const perChannel = constants.vector([channels, ...new Array<number>(rankOf(input) - 2).fill(1)]);
  const value = (part: string) => `${name}/${part}`;
  const nodes: OnnxNode[] = [
    { op: 'Reshape', inputs: [input, constants.vector([0, groups, -1])], output: value('groups') },
    {
      op: 'InstanceNormalization',
      inputs: [value('groups'), flat(1), flat(0)],
      output: value('normal'),
      attributes: { epsilon: { float: eps } },
    },
    { op: 'Shape', inputs: [input], output: value('shape') },
    { op: 'Reshape', inputs: [value('normal'), value('shape')], output: affine ? value('channels') : name },
  ];
  if (!affine) return nodes;
  return [
    ...nodes,
    { op: 'Reshape', inputs: [`${name}.weight`, perChannel], output: value('gain') },
    { op: 'Mul', inputs: [value('channels'), value('gain')], output: value('scaled') },
    { op: 'Reshape', inputs: [`${name}.bias`, perChannel], output: value('shift') },
    { op: 'Add', inputs: [value('scaled'), value('shift')], output: name },
  ];
}
