/**
 * `nn.LayerNorm`: `γ·(x − μ)/√(σ² + ε) + β` over the last axes, with the mean and the variance of each position. ConvNeXt
 * normalises channels of maps: that is a layer norm between two permutations.
 */
import type { Layer } from './layer.js';
import { Misfit, only } from './misfit.js';
import type { OnnxNode, OnnxPlace } from './onnx-form.js';
import type { Operation, Shape } from './operation.js';
import { sizeOf } from './positions.js';
import { standardised } from './standardise.js';

export interface LayerNormAttrs {
  /** Sizes of the last axes, which are normalised together: `[768]`. */
  shape: Shape;
  eps: number;
  /** Whether there is a γ, `weight`. */
  weight: boolean;
  /** Whether there is a β, `bias`. */
  bias: boolean;
}

export const operation: Operation<'layerNorm', LayerNormAttrs> = {
  op: 'layerNorm',

  parameters({ shape, weight, bias }) {
    const names = [...(weight ? ['weight'] : []), ...(bias ? ['bias'] : [])];
    return new Map(names.map((name) => [name, shape]));
  },

  outputShape(inputs, { shape }) {
    const input = only(inputs);
    const last = input.slice(Math.max(0, input.length - shape.length));
    if (shape.length === 0 || last.join() !== shape.join()) {
      throw new Misfit(`it gets [${input.join(', ')}], the last axes must be [${shape.join(', ')}]`);
    }
    return input;
  },

  reference([x], { shape, eps, weight, bias }, parameter) {
    const size = sizeOf(shape);
    const [gain, shift] = [weight ? parameter('weight') : null, bias ? parameter('bias') : null];
    const data = standardised(x!.data, size, eps);
    return { shape: x!.shape, data: data.map((z, i) => z * (gain?.[i % size] ?? 1) + (shift?.[i % size] ?? 0)) };
  },
  onnx: written,
};

/** `nn.LayerNorm(channels, eps)` of tokens, or of maps whose channels are last. */
export function layerNorm(eps = 1e-5): Layer {
  return (module, x) =>
    module.operation(operation, { shape: [x.channels], eps, weight: true, bias: true }, x, { spatial: x.spatial });
}

/**
 * The operator needs a scale. Several axes are joined to one for it: onnxruntime merges the operator with an addition
 * before it, and then takes scales of one axis only.
 */
function written(
  { name, inputs: [input], constants, rankOf }: OnnxPlace,
  { shape, eps, weight, bias }: LayerNormAttrs,
): OnnxNode[] {
  const size = sizeOf(shape);
  const ones = constants.floats(`ones ${size}`, [size], new Float32Array(size).fill(1));
  const attributes = { axis: -1, epsilon: { float: eps } };
  const value = (part: string) => `${name}/${part}`;
  if (shape.length === 1) {
    const parts = [weight ? `${name}.weight` : ones, ...(bias ? [`${name}.bias`] : [])];
    return [{ op: 'LayerNormalization', inputs: [input, ...parts], output: name, attributes }];
  }
  const outer = new Array<number>(rankOf(input) - shape.length).fill(0);
  const joined = [...(weight ? ['weight'] : []), ...(bias ? ['bias'] : [])].map((part) => ({
    op: 'Reshape',
    inputs: [`${name}.${part}`, constants.vector([size])],
    output: value(part),
  }));
  const parts = [weight ? value('weight') : ones, ...(bias ? [value('bias')] : [])];
  return [
    ...joined,
    { op: 'Reshape', inputs: [input, constants.vector([...outer, size])], output: value('joined') },
    { op: 'LayerNormalization', inputs: [value('joined'), ...parts], output: value('normal'), attributes },
    { op: 'Reshape', inputs: [value('normal'), constants.vector([...outer, ...shape])], output: name },
  ];
}
