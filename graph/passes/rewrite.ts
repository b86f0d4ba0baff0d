/** What every pass over a bound graph needs: how often a node is used, and a whole graph made of changed nodes. */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { Graph, GraphNode } from '../graph.js';
import { nodeParameters, parameterName } from '../meaning.js';

/** Node name → how many inputs of other nodes it feeds. */
export function useCounts(graph: Graph): Map<string, number> {
  const counts = new Map(graph.nodes.map((node) => [node.name, 0]));
  for (const node of graph.nodes) {
    for (const input of node.inputs) counts.set(input, (counts.get(input) ?? 0) + 1);
  }
  return counts;
}

/** A node's tensors by their names inside the module (`weight`). A missing tensor is the caller's bug. */
function tensorsOf({ tensors }: BoundGraph, node: GraphNode): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const parameter of nodeParameters(node).keys()) {
    const tensor = tensors.get(parameterName(node.name, parameter));
    if (tensor === undefined) throw new Error(`The tensor ${parameterName(node.name, parameter)} is not bound.`);
    found.set(parameter, tensor);
  }
  return found;
}

export function boundNodes(bound: BoundGraph): BoundNode[] {
  return bound.graph.nodes.map((node) => ({ node, tensors: tensorsOf(bound, node) }));
}

/** A node with its own tensors, by their names inside the module. */
export interface BoundNode {
  node: GraphNode;
  tensors: ReadonlyMap<string, Tensor>;
}

/**
 * A bound graph of these nodes. It leaves out modules whose node is gone, and all other tensors.
 * @param moved old node name → name of the node that now gives the same output
 */
export function rewrite(bound: BoundGraph, nodes: readonly BoundNode[], moved = new Map<string, string>()): BoundGraph {
  const place = (name: string): string => moved.get(name) ?? name;
  const left = new Set(nodes.map(({ node }) => node.name));
  const modules = [...bound.graph.modules]
    .map(([path, name]) => [path, place(name)] as const)
    .filter(([, name]) => left.has(name));
  const output = place(bound.graph.output);
  const graph = {
    nodes: nodes.map(({ node }) => node),
    output: left.has(output) ? output : nodes.at(-1)!.node.name,
    modules: new Map(modules),
  };
  const tensors = nodes.flatMap(({ node, tensors: own }) => {
    return [...own].map(([parameter, tensor]) => [parameterName(node.name, parameter), tensor] as const);
  });
  return { graph, tensors: new Map(tensors) };
}
