/**
 * Merges a node with the only one that reads it: batch norms with the convolution before, activations with the
 * convolution, Linear or addition. The merged node has the last part's name, that of the module whose output it gives.
 */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { GraphNode } from '../graph.js';
import { sharedFloats } from '../shared-memory.js';
import { type BoundNode, boundNodes, rewrite, useCounts } from './rewrite.js';

/** The pair as one node (name and place are the last part's), or null when these two cannot become one. */
type Merge = (first: BoundNode, last: BoundNode) => BoundNode | null;

/** Merges pairs wherever `merge` can, in one sweep that starts at the input, so a merged node can be merged again. */
function fuseChain(bound: BoundGraph, keep: ReadonlySet<string>, merge: Merge): BoundGraph {
  const uses = useCounts(bound.graph);
  const isFree = (node: GraphNode): boolean => uses.get(node.name) === 1 && !keep.has(node.name);

  const done = new Map<string, BoundNode>();
  for (const last of boundNodes(bound)) {
    const { node } = last;
    const first = node.inputs.length === 1 ? done.get(node.inputs[0]!) : undefined;
    const merged = first !== undefined && isFree(first.node) ? merge(first, last) : null;
    if (merged !== null) done.delete(first!.node.name);
    done.set(node.name, merged ?? last);
  }
  return rewrite(bound, [...done.values()]);
}

/** Makes ReLU and ReLU6 part of the node before them. This saves a pass over memory. */
export function fuseActivation(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  return fuseChain(bound, keep, ({ node, tensors }, { node: last }) => {
    if (last.op !== 'relu' && last.op !== 'relu6') return null;
    if (node.op !== 'conv2d' && node.op !== 'linear' && node.op !== 'add') return null;
    if (node.attrs.activation !== undefined) return null;
    // All three have the attribute, so the node is of the same kind.
    const attrs = { ...node.attrs, activation: last.op };
    return { node: { ...node, name: last.name, attrs } as GraphNode, tensors };
  });
}

/**
 * Folds a batch norm into a convolution before it without activation, in float64, rounded to float32 once, with
 * `s = γ/√(σ² + ε)` a channel: `γ·(w∗x + b − μ)/√(σ² + ε) + β = (s·w)∗x + (s·(b − μ) + β)`.
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
  const moved = Float32Array.from(scale, (s, i) => s * ((bias?.[i] ?? 0) - mean[i]!) + shift[i]!);
  return {
    node: { name: norm.name, inputs: conv.inputs, op: 'conv2d', attrs: { ...conv.attrs, bias: true } },
    tensors: new Map([
      ['weight', scaleOutputs(weight, scale)],
      ['bias', { shape: [scale.length], data: moved }],
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
