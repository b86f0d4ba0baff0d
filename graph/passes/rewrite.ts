/** What every pass over a bound graph needs: how often a node is used, and a whole graph made of changed nodes. */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { Graph, GraphNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { nodeParameters, parameterName } from '../parameters.js';

/** Node name → how many inputs of other nodes it feeds. */
export function useCounts(graph: Graph): Map<string, number> {
  const counts = new Map(graph.nodes.map((node) => [node.name, 0]));
  for (const node of graph.nodes) {
    for (const input of node.inputs) counts.set(input, (counts.get(input) ?? 0) + 1);
  }
  return counts;
}

/** A node's tensors by their names inside the module (`weight`). A missing tensor is the caller's bug. */
export function tensorsOf({ tensors }: BoundGraph, node: GraphNode): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  for (const parameter of nodeParameters(node).keys()) {
    const tensor = tensors.get(parameterName(node.name, parameter));
    if (tensor === undefined) throw new Error(`The tensor ${parameterName(node.name, parameter)} is not bound.`);
    found.set(parameter, tensor);
  }
  return found;
}

/** A node with its own tensors, by their names inside the module. */
export interface BoundNode {
  node: GraphNode;
  tensors: ReadonlyMap<string, Tensor>;
}

/**
 * A bound graph of these nodes. It leaves out modules whose node is gone, and all other tensors.
 *
 * @param moved old node name → name of the node that now gives the same output
 */
export function rewrite(bound: BoundGraph, nodes: readonly BoundNode[], moved = new Map<string, string>()): BoundGraph {
  const place = (name: string): string => moved.get(name) ?? name;
  const left = new Set(nodes.map(({ node }) => node.name));
  const modules = [...bound.graph.modules]
    .map(([path, name]) => [path, place(name)] as const)
    .filter(([, name]) => left.has(name));
  const output = place(bound.graph.output);
  return {
    graph: {
      nodes: nodes.map(({ node }) => node),
      output: left.has(output) ? output : nodes.at(-1)!.node.name,
      modules: new Map(modules),
    },
    tensors: new Map(
      nodes.flatMap(({ node, tensors }) =>
        [...tensors].map(([parameter, tensor]) => [parameterName(node.name, parameter), tensor] as const),
      ),
    ),
  };
}

/** @throws GraphError `UNKNOWN_NODE` when a node to keep is not in the graph, or none is named */
export function expectNodes(graph: Graph, keep: ReadonlySet<string>): void {
  const names = new Set(graph.nodes.map((node) => node.name));
  for (const name of keep) {
    if (!names.has(name)) throw new GraphError('UNKNOWN_NODE', `the graph has no node named "${name}"`);
  }
  if (keep.size === 0) throw new GraphError('UNKNOWN_NODE', 'no node is named whose output is wanted');
}
