/**
 * Computes what depends on tensors of the network only, once instead of for every batch: a class token with its position,
 * a bias gathered from a table. The result is a tensor itself, under the name of the node that gave it.
 */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { ComputedNode, GraphNode } from '../graph.js';
import { referenceOutput } from '../meaning.js';
import type { Values } from '../operations/operation.js';
import { VALUE } from '../operations/parameter.js';
import { type BoundNode, rewrite, tensorsOf } from './rewrite.js';

/** Computed in float64 and rounded to float32 once. Tensors that nothing reads any more are left for `cutAfter`. */
export function foldConstants(bound: BoundGraph): BoundGraph {
  const constants = new Map<string, Values>();
  const nodes = bound.graph.nodes.map((node): BoundNode => {
    const tensors = tensorsOf(bound, node);
    if (node.op === 'input') return { node, tensors };
    const inputs = node.inputs.map((name) => constants.get(name));
    if (!inputs.every((input) => input !== undefined)) return { node, tensors };
    const value = referenceOutput(node, inputs, (name) => tensors.get(name)!.data);
    constants.set(node.name, value);
    return node.op === 'parameter' ? { node, tensors } : asParameter(node, value);
  });
  return rewrite(bound, nodes);
}

function asParameter({ name }: ComputedNode, { shape: [, ...shape], data }: Values): BoundNode {
  const node: GraphNode = { name, inputs: [], op: 'parameter', attrs: { shape } };
  const tensor: Tensor = { shape, data: Float32Array.from(data) };
  return { node, tensors: new Map([[VALUE, tensor]]) };
}
