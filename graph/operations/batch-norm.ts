/** `nn.BatchNorm1d` to `3d` at inference: `γ·(x − μ)/√(σ² + ε) + β`, with running statistics, of axis 1. */
import type { Layer } from './layer.js';
import { expectChannels, type Operation, only, sizeOf } from './operation.js';

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
    expectChannels(channels, input[0] ?? 0);
    return input;
  },

  reference([x], { channels, eps }, parameter) {
    const [gain, shift, mean, variance] = PARAMETERS.map(parameter);
    const plane = sizeOf(x!.shape.slice(2));
    const data = x!.data.map((value, i) => {
      const c = Math.floor(i / plane) % channels;
      return ((value - mean![c]!) / Math.sqrt(variance![c]! + eps)) * gain![c]! + shift![c]!;
    });
    return { shape: x!.shape, data };
  },
  onnx({ name, inputs }, { eps }) {
    const operands = [...inputs, ...PARAMETERS.map((part) => `${name}.${part}`)];
    return [{ op: 'BatchNormalization', inputs: operands, output: name, attributes: { epsilon: { float: eps } } }];
  },
};

/** Batch norm of maps, or of features (`nn.BatchNorm1d`). */
export function batchNorm2d(eps = 1e-5): Layer {
  return (module, x) => module.operation(operation, { channels: x.channels, eps }, x, { spatial: x.spatial });
}
