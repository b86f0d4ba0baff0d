/** Makes ReLU and ReLU6 part of the convolution, Linear or addition before them. This saves a pass over memory. */
import type { BoundGraph } from '../bound-graph.js';
import type { GraphNode } from '../graph.js';
import type { Activation } from '../operations/activation.js';
import { fuseChain, type Merge } from './fuse-chain.js';

/**
 * An activation stays if the node before it is wanted or used elsewhere, or is another operation.
 *
 * @param keep names of the nodes whose outputs are wanted
 */
export function fuseActivation(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  return fuseChain(bound, keep, fuse);
}

const fuse: Merge = (first, last) => {
  if (last.node.op !== 'relu' && last.node.op !== 'relu6') return null;
  const node = activate(first.node, last.node.op, last.node.name);
  return node === null ? null : { node, tensors: first.tensors };
};

/** The node under a new name and with the activation, or null if it cannot have one. */
function activate(node: GraphNode, activation: Activation, name: string): GraphNode | null {
  switch (node.op) {
    case 'conv2d':
      return node.attrs.activation ? null : { ...node, name, attrs: { ...node.attrs, activation } };
    case 'linear':
      return node.attrs.activation ? null : { ...node, name, attrs: { ...node.attrs, activation } };
    case 'add':
      return node.attrs.activation ? null : { ...node, name, attrs: { ...node.attrs, activation } };
    default:
      return null;
  }
}
