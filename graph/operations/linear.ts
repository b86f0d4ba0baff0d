/** `nn.Linear`: `W·x + b`. */
import { type Activation, activate } from './activation.js';
import type { Layer } from './layer.js';
import { expectChannels, Misfit, only } from './misfit.js';
import type { Operation, Shape } from './operation.js';

export interface LinearAttrs {
  inFeatures: number;
  outFeatures: number;
  bias: boolean;
  /** Set by the fuse pass: applied to the output, after the bias. */
  activation?: Activation;
}

export const operation: Operation<'linear', LinearAttrs> = {
  op: 'linear',

  parameters({ inFeatures, outFeatures, bias }) {
    const weight: [string, Shape] = ['weight', [outFeatures, inFeatures]];
    return new Map(bias ? [weight, ['bias', [outFeatures]]] : [weight]);
  },

  outputShape(inputs, { inFeatures, outFeatures }) {
    const input = only(inputs);
    if (input.length !== 1) throw new Misfit(`it gets [${input.join(', ')}], a Linear needs one dimension`);
    expectChannels(inFeatures, input[0]!);
    return [outFeatures];
  },

  reference([x], { inFeatures, outFeatures, bias, activation }, parameter) {
    const weight = parameter('weight');
    const offset = bias ? parameter('bias') : new Float64Array(outFeatures);
    const images = x!.shape[0]!;
    const data = new Float64Array(images * outFeatures);
    for (let image = 0; image < images; image++) {
      for (let out = 0; out < outFeatures; out++) {
        let sum = offset[out]!;
        for (let i = 0; i < inFeatures; i++) sum += weight[out * inFeatures + i]! * x!.data[image * inFeatures + i]!;
        data[image * outFeatures + out] = sum;
      }
    }
    return activate({ shape: [images, outFeatures], data }, activation);
  },
};

/** `nn.Linear(in, outFeatures, bias)`. */
export function linear(outFeatures: number, bias = true): Layer {
  return (module, x) =>
    module.operation(operation, { inFeatures: x.channels, outFeatures, bias }, x, {
      channels: outFeatures,
      spatial: [1, 1],
    });
}
