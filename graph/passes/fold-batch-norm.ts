/**
 * Folds a batch norm into the convolution before it. At inference both are linear:
 * `γ·(w∗x + b − μ)/√(σ² + ε) + β = (s·w)∗x + (s·(b − μ) + β)` with `s = γ/√(σ² + ε)` a channel.
 */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import { sharedFloats } from '../shared-memory.js';
import { fuseChain, type Merge } from './fuse-chain.js';

/**
 * Computed in float64 and rounded to float32 once. A batch norm stays if the node before it is not a convolution, or if
 * the convolution's own output is wanted, used elsewhere, or already activated.
 *
 * @param keep names of the nodes whose outputs are wanted
 */
export function foldBatchNorm(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  return fuseChain(bound, keep, fold);
}

const fold: Merge = (first, last) => {
  const conv = first.node;
  const norm = last.node;
  if (conv.op !== 'conv2d' || norm.op !== 'batchNorm2d' || conv.attrs.activation !== undefined) return null;

  const weight = first.tensors.get('weight')!;
  const bias = first.tensors.get('bias')?.data;
  const scale = normScales(last.tensors, norm.attrs.eps);
  const mean = last.tensors.get('running_mean')!.data;
  const shift = last.tensors.get('bias')!.data;
  return {
    node: { name: norm.name, inputs: conv.inputs, op: 'conv2d', attrs: { ...conv.attrs, bias: true } },
    tensors: new Map([
      ['weight', scaleOutputs(weight, scale)],
      [
        'bias',
        {
          shape: [scale.length],
          data: Float32Array.from(scale, (s, i) => s * ((bias?.[i] ?? 0) - mean[i]!) + shift[i]!),
        },
      ],
    ]),
  };
};

/** `γ/√(σ² + ε)` of each channel. */
export function normScales(norm: ReadonlyMap<string, Tensor>, eps: number): Float64Array {
  const gain = norm.get('weight')!.data;
  const variance = norm.get('running_var')!.data;
  return Float64Array.from(gain, (g, i) => g / Math.sqrt(variance[i]! + eps));
}

/** Multiplies the filter of each output channel; `[out, in/groups, kh, kw]`. */
function scaleOutputs({ shape, data }: Tensor, scale: Float64Array): Tensor {
  const filter = data.length / scale.length;
  // Most of the folded weights are made here. In shared memory, workers can read them without a second copy.
  const scaled = sharedFloats(data.length);
  for (let out = 0; out < scale.length; out++) {
    const s = scale[out]!;
    for (let i = out * filter; i < (out + 1) * filter; i++) scaled[i] = s * data[i]!;
  }
  return { shape, data: scaled };
}
