/** `nn.Linear`: `W·x + b`, along the last axis: of features, of each token, of each position. */
import { type Activation, activate, activated } from './activation.js';
import type { Layer } from './layer.js';
import { type OnnxNode, type OnnxPlace, withWeights } from './onnx-form.js';
import { expectChannels, type Operation, only, type Shape } from './operation.js';

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
    expectChannels(inFeatures, input.at(-1) ?? 0);
    return [...input.slice(0, -1), outFeatures];
  },

  reference([x], { inFeatures, outFeatures, bias, activation }, parameter) {
    const weight = parameter('weight');
    const offset = bias ? parameter('bias') : new Float64Array(outFeatures);
    const rows = x!.data.length / inFeatures;
    const data = new Float64Array(rows * outFeatures);
    for (let row = 0; row < rows; row++) {
      for (let out = 0; out < outFeatures; out++) {
        let sum = offset[out]!;
        for (let i = 0; i < inFeatures; i++) sum += weight[out * inFeatures + i]! * x!.data[row * inFeatures + i]!;
        data[row * outFeatures + out] = sum;
      }
    }
    return activate({ shape: [...x!.shape.slice(0, -1), outFeatures], data }, activation);
  },
  // Gemm for features, MatMul for values of more dimensions, which Gemm does not take.
  onnx(place, { bias, activation }) {
    const nodes = place.rankOf(place.inputs[0]) === 2 ? gemm(place, bias) : product(place, bias);
    return [...nodes.slice(0, -1), ...activated(nodes.at(-1)!, activation, place.constants)];
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

function gemm(place: OnnxPlace, bias: boolean): OnnxNode[] {
  return [{ op: 'Gemm', inputs: withWeights(place, bias), output: place.name, attributes: { transB: 1 } }];
}

function product({ name, inputs: [x] }: OnnxPlace, bias: boolean): OnnxNode[] {
  const [transposed, output] = [`${name}/transposed`, bias ? `${name}/product` : name];
  return [
    // A runtime computes this once, since the weight is a constant.
    { op: 'Transpose', inputs: [`${name}.weight`], output: transposed, attributes: { perm: [1, 0] } },
    { op: 'MatMul', inputs: [x, transposed], output },
    ...(bias ? [{ op: 'Add', inputs: [output, `${name}.bias`], output: name }] : []),
  ];
}
