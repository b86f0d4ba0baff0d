/** `nn.LayerNorm`: `γ·(x − μ)/√(σ² + ε) + β` over the last axes; ConvNeXt's is between two permutations. */
import type { Layer } from './layer.js';
import { type OnnxNode, OnnxParts, type OnnxPlace } from './onnx-form.js';
import { Misfit, type Operation, only, type Shape, sizeOf } from './operation.js';

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

/** `(x − μ)/√(σ² + ε)` of each `size` neighbours, the variance divided by `size`, as in all of PyTorch's norms. */
export function standardised(data: Float64Array, size: number, eps: number): Float64Array {
  const output = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    const group = data.subarray(start, start + size);
    const mean = group.reduce((a, b) => a + b, 0) / size;
    const variance = group.reduce((sum, x) => sum + (x - mean) ** 2, 0) / size;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < size; i++) output[start + i] = (group[i]! - mean) * scale;
  }
  return output;
}

/** `nn.LayerNorm(channels, eps)` of tokens, or of maps whose channels are last. */
export function layerNorm(eps = 1e-5): Layer {
  return (module, x) =>
    module.operation(operation, { shape: [x.channels], eps, weight: true, bias: true }, x, { spatial: x.spatial });
}

/** The operator needs a scale, of one axis only where onnxruntime merges it with an addition: so axes are joined. */
function written(
  { name, inputs: [input], constants, rankOf }: OnnxPlace,
  { shape, eps, weight, bias }: LayerNormAttrs,
): OnnxNode[] {
  const size = sizeOf(shape);
  const ones = constants.floats(`ones ${size}`, [size], new Float32Array(size).fill(1));
  const attributes = { axis: -1, epsilon: { float: eps } };
  if (shape.length === 1) {
    const tensors = [weight ? `${name}.weight` : ones, ...(bias ? [`${name}.bias`] : [])];
    return [{ op: 'LayerNormalization', inputs: [input, ...tensors], output: name, attributes }];
  }
  const outer = new Array<number>(rankOf(input) - shape.length).fill(0);
  const parts = new OnnxParts({ name });
  const flat = (part: string) => parts.add(part, 'Reshape', [`${name}.${part}`, constants.vector([size])]);
  const tensors = [weight ? flat('weight') : ones, ...(bias ? [flat('bias')] : [])];
  const joined = parts.add('joined', 'Reshape', [input, constants.vector([...outer, size])]);
  const normal = parts.add('normal', 'LayerNormalization', [joined, ...tensors], attributes);
  return parts.end('Reshape', [normal, constants.vector([...outer, ...shape])]);
}
