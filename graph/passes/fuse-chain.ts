/**
 * The shared part of folding and fusing: a node that feeds only one other node is merged with it. The merged node takes
 * the name of the last part, so a node's name is still the name of the module whose output it gives.
 */
import type { BoundGraph } from '../bound-graph.js';
import type { GraphNode } from '../graph.js';
import { type BoundNode, rewrite, tensorsOf, useCounts } from './rewrite.js';

/** The pair as one node (name and place are the last part's), or null when these two cannot become one. */
export type Merge = (first: BoundNode, last: BoundNode) => BoundNode | null;

/**
 * Merges pairs wherever `merge` can, in one sweep that starts at the input, so a merged node can be merged again.
 *
 * @param keep names of the nodes whose outputs are wanted. They cannot be the first part of a pair: it would be lost
 */
export function fuseChain(bound: BoundGraph, keep: ReadonlySet<string>, merge: Merge): BoundGraph {
  const uses = useCounts(bound.graph);
  const isFree = (node: GraphNode): boolean => uses.get(node.name) === 1 && !keep.has(node.name);

  const done = new Map<string, BoundNode>();
  for (const node of bound.graph.nodes) {
    const last: BoundNode = { node, tensors: tensorsOf(bound, node) };
    const first = node.inputs.length === 1 ? done.get(node.inputs[0]!) : undefined;
    const merged = first !== undefined && isFree(first.node) ? merge(first, last) : null;
    if (merged !== null) done.delete(first!.node.name);
    done.set(node.name, merged ?? last);
  }
  return rewrite(bound, [...done.values()]);
}
