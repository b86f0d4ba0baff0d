/** Bypasses nodes that pass their input on: dropout at inference, `nn.Identity`. */
import type { BoundGraph } from '../bound-graph.js';
import { rewrite, tensorsOf } from './rewrite.js';

/**
 * Nodes that read an identity now read its input. An identity whose output is wanted stays, but no node reads it.
 *
 * @param keep names of the nodes whose outputs are wanted
 */
export function dropIdentity(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const sources = new Map<string, string>();
  for (const node of bound.graph.nodes) {
    const [input] = node.inputs;
    if (node.op === 'identity' && input !== undefined) sources.set(node.name, sources.get(input) ?? input);
  }
  const nodes = bound.graph.nodes
    .filter((node) => node.op !== 'identity' || keep.has(node.name))
    .map((node) => ({ ...node, inputs: node.inputs.map((input) => sources.get(input) ?? input) }));
  const moved = new Map([...sources].filter(([name]) => !keep.has(name)));
  return rewrite(
    bound,
    nodes.map((node) => ({ node, tensors: tensorsOf(bound, node) })),
    moved,
  );
}
