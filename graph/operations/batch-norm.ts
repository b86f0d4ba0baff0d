/**
 * `nn.BatchNorm2d` and `nn.BatchNorm1d` at inference: `γ·(x − μ)/√(σ² + ε) + β`, with the running statistics of each
 * channel of a map, or of each feature.
 */
import type { Layer } from './layer.js';
import { expectChannels, only, planar } from './misfit.js';
import type { Operation } from './operation.js';

export interface BatchNorm2dAttrs {
  channels: number;
  eps: number;
}

/** γ, β, μ and σ². `num_batches_tracked` is not among them: inference does not use it. */
const PARAMETERS = ['weight', 'bias', 'running_mean', 'running_var'];

export const operation: Operation<'batchNorm2d', BatchNorm2dAttrs> = {
  op: 'batchNorm2d',

  parameters: ({ channels }) => new Map(PARAMETERS.map((name) => [name, [channels]])),

  outputShape(inputs, { channels }) {
    const input = only(inputs);
    expectChannels(channels, input.length === 1 ? input[0]! : planar(inputs)[0]);
    return input;
  },

  reference([x], { channels, eps }, parameter) {
    const [gain, shift, mean, variance] = PARAMETERS.map(parameter);
    const [, , height = 1, width = 1] = x!.shape;
    const plane = height * width;
    const data = x!.data.map((value, i) => {
      const c = Math.floor(i / plane) % channels;
      return ((value - mean![c]!) / Math.sqrt(variance![c]! + eps)) * gain![c]! + shift![c]!;
    });
    return { shape: x!.shape, data };
  },
};

/** Batch norm of maps, or of features (`nn.BatchNorm1d`). */
export function batchNorm2d(eps = 1e-5): Layer {
  return (module, x) => module.operation(operation, { channels: x.channels, eps }, x, { spatial: x.spatial });
}
