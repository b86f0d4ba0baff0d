/** Drops what no wanted output needs: nodes after the last tap, dead branches, and nodes that pass their input on. */
import type { BoundGraph } from '../bound-graph.js';
import type { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { boundNodes, rewrite } from './rewrite.js';

/** @throws GraphError `UNKNOWN_NODE` when a node to keep is not in the graph, or none is named */
export function cutAfter(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  expectNodes(bound.graph, keep);
  const needed = new Set(keep);
  for (const node of bound.graph.nodes.toReversed()) {
    if (!needed.has(node.name)) continue;
    for (const input of node.inputs) needed.add(input);
  }
  const nodes = boundNodes(bound).filter(({ node }) => node.op === 'input' || needed.has(node.name));
  return rewrite(bound, nodes);
}

function expectNodes(graph: Graph, keep: ReadonlySet<string>): void {
  const names = new Set(graph.nodes.map((node) => node.name));
  for (const name of keep) {
    if (!names.has(name)) throw new GraphError('UNKNOWN_NODE', `the graph has no node named "${name}"`);
  }
  if (keep.size === 0) throw new GraphError('UNKNOWN_NODE', 'no node is named whose output is wanted');
}

/** Bypasses dropout and `nn.Identity`: nodes that read one now read its input. One that is wanted stays, unread. */
export function dropIdentity(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const sources = new Map<string, string>();
  for (const node of bound.graph.nodes) {
    const [input] = node.inputs;
    if (node.op === 'identity' && input !== undefined) sources.set(node.name, sources.get(input) ?? input);
  }
  const nodes = boundNodes(bound)
    .filter(({ node }) => node.op !== 'identity' || keep.has(node.name))
    .map(({ node, tensors }) => {
      return { node: { ...node, inputs: node.inputs.map((input) => sources.get(input) ?? input) }, tensors };
    });
  const moved = new Map([...sources].filter(([name]) => !keep.has(name)));
  return rewrite(bound, nodes, moved);
}
