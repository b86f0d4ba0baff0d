/** Drops every node that no wanted output needs: everything after the last tap, and dead branches. */
import type { BoundGraph } from '../bound-graph.js';
import { expectNodes, rewrite, tensorsOf } from './rewrite.js';

/**
 * @param keep names of the nodes whose outputs are wanted
 * @throws GraphError `UNKNOWN_NODE` when a node is not in the graph, or none is named
 */
export function cutAfter(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const { graph } = bound;
  expectNodes(graph, keep);
  const needed = new Set(keep);
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.name)) continue;
    for (const input of node.inputs) needed.add(input);
  }
  const nodes = graph.nodes.filter((node) => node.op === 'input' || needed.has(node.name));
  return rewrite(
    bound,
    nodes.map((node) => ({ node, tensors: tensorsOf(bound, node) })),
  );
}
