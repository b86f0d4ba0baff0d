/** `nn.GroupNorm`: `γ·(x − μ)/√(σ² + ε) + β` by group of channels; in `nn.InstanceNorm2d` each channel is one. */

import { standardised } from './layer-norm.js';
import { type OnnxNode, OnnxParts, type OnnxPlace } from './onnx-form.js';
import { expectChannels, Misfit, type Operation, only, sizeOf } from './operation.js';

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

/** Opset 17 has only the norm of each channel, so a group becomes one, and gets its shape and scales back. */
function written(
  { name, inputs: [input], constants, rankOf }: OnnxPlace,
  { groups, channels, eps, affine }: GroupNormAttrs,
): OnnxNode[] {
  const flat = (value: number) =>
    constants.floats(`${groups} times ${value}`, [groups], new Float32Array(groups).fill(value));
  const perChannel = constants.vector([channels, ...new Array<number>(rankOf(input) - 2).fill(1)]);
  const parts = new OnnxParts({ name });
  const joined = parts.add('groups', 'Reshape', [input, constants.vector([0, groups, -1])]);
  const attributes = { epsilon: { float: eps } };
  const normal = parts.add('normal', 'InstanceNormalization', [joined, flat(1), flat(0)], attributes);
  const shape = parts.add('shape', 'Shape', [input]);
  if (!affine) return parts.end('Reshape', [normal, shape]);
  const apart = parts.add('channels', 'Reshape', [normal, shape]);
  const scaled = parts.add('scaled', 'Mul', [apart, parts.add('gain', 'Reshape', [`${name}.weight`, perChannel])]);
  return parts.end('Add', [scaled, parts.add('shift', 'Reshape', [`${name}.bias`, perChannel])]);
}
