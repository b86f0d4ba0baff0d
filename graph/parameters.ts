/** The tensors that a graph needs, by PyTorch's state-dict names and shapes. */
import type { Graph, GraphNode } from './graph.js';
import { nodeTensors } from './meaning.js';

/** Tensors of one node, by the names they have inside the module (`weight`, `running_mean`); empty for most operations. */
export function nodeParameters(node: GraphNode): Map<string, readonly number[]> {
  return node.op === 'input' ? new Map() : nodeTensors(node);
}

/** State-dict name of a node's tensor. The tensor of a `parameter` node has no further part: the node has its name. */
export function parameterName(nodeName: string, parameter: string): string {
  return parameter === '' ? nodeName : `${nodeName}.${parameter}`;
}

/** Every tensor that the graph needs → its shape (`layer1.0.conv1.weight` → `[64, 64, 3, 3]`), in the order of nodes. */
export function parameters(graph: Graph): Map<string, readonly number[]> {
  const all = new Map<string, readonly number[]>();
  for (const node of graph.nodes) {
    for (const [parameter, shape] of nodeParameters(node)) all.set(parameterName(node.name, parameter), shape);
  }
  return all;
}
