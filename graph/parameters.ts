/**
 * The tensors that a graph needs, by PyTorch's state-dict names and shapes. `num_batches_tracked` is not among them:
 * inference does not use it.
 */
import type { Graph, GraphNode } from './graph.js';

/** Tensors of one node, by the names they have inside the module (`weight`, `running_mean`); empty for most operations. */
export function nodeParameters(node: GraphNode): Map<string, readonly number[]> {
  switch (node.op) {
    case 'conv2d': {
      const { inChannels, outChannels, kernel, groups, bias } = node.attrs;
      const weight: [string, readonly number[]] = ['weight', [outChannels, inChannels / groups, ...kernel]];
      return new Map(bias ? [weight, ['bias', [outChannels]]] : [weight]);
    }
    case 'linear': {
      const { inFeatures, outFeatures, bias } = node.attrs;
      const weight: [string, readonly number[]] = ['weight', [outFeatures, inFeatures]];
      return new Map(bias ? [weight, ['bias', [outFeatures]]] : [weight]);
    }
    case 'batchNorm2d': {
      const names = ['weight', 'bias', 'running_mean', 'running_var'];
      return new Map(names.map((name) => [name, [node.attrs.channels]]));
    }
    default:
      return new Map();
  }
}

/** State-dict name of a node's tensor. */
export function parameterName(nodeName: string, parameter: string): string {
  return `${nodeName}.${parameter}`;
}

/** Every tensor that the graph needs → its shape (`layer1.0.conv1.weight` → `[64, 64, 3, 3]`), in the order of nodes. */
export function parameters(graph: Graph): Map<string, readonly number[]> {
  const all = new Map<string, readonly number[]>();
  for (const node of graph.nodes) {
    for (const [parameter, shape] of nodeParameters(node)) all.set(parameterName(node.name, parameter), shape);
  }
  return all;
}
