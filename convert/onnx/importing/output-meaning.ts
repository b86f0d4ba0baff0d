/** What an output is, as far as the layers before it show: features, scores of classes, or one of both that only a person can tell. */
import type { ComputedNode, GraphNode } from '../../../graph/index.js';

/** `open` and `probabilities` have words for the question; `linear`: the Linear that the output comes from; of several that read the same features, one of them. */
export type Meaning =
  | { kind: 'features' }
  | { kind: 'linear'; linear: ComputedNode }
  | { kind: 'open'; why: string; linear: ComputedNode | null }
  | { kind: 'probabilities'; why: string };

export interface Layers {
  node(name: string): GraphNode;
  shapeOf(name: string): readonly number[];
  /** Whether a batch norm follows a Linear that has its name. */
  isWithNorm(name: string): boolean;
}

export function meaningOf(output: string, layers: Layers): Meaning {
  const last = unchanged(output, layers);
  const leaves = [...leavesOf(output, layers, new Set())].map(layers.node);
  if (leaves.length === 0) return { kind: 'features' };
  if (leaves.every(({ op }) => op === 'softmax')) {
    return { kind: 'probabilities', why: 'is computed from the softmax of several outputs' };
  }
  if (leaves.every(isSigmoid)) return { kind: 'probabilities', why: 'has a sigmoid for each value' };
  if (!leaves.every((leaf) => isProduct(leaf, layers))) return { kind: 'features' };
  const linear = leaves[0] as ComputedNode;
  const isOfOne = new Set(leaves.map((leaf) => unchanged((leaf as ComputedNode).inputs[0]!, layers).name)).size === 1;
  if (last !== linear)
    return {
      kind: 'open',
      why: 'is a product with a matrix that is then scaled or added up',
      linear: isOfOne ? linear : null,
    };
  if (linear.op !== 'linear') return { kind: 'open', why: 'is a convolution of one pixel', linear };
  if (layers.isWithNorm(linear.name)) return { kind: 'features' };
  const isCosine = !linear.attrs.bias && isNormalised(linear.inputs[0]!, layers);
  return isCosine
    ? { kind: 'open', why: 'compares features of length 1 with a matrix', linear }
    : { kind: 'linear', linear };
}

/** The layer that gives a value whose shape alone was changed. */
export function unchanged(name: string, layers: Layers): GraphNode {
  const node = layers.node(name);
  const isSame = node.op === 'identity' || node.op === 'flatten' || node.op === 'reshape';
  return isSame ? unchanged(node.inputs[0]!, layers) : node;
}

const COMBINING: ReadonlySet<GraphNode['op']> = new Set(['add', 'sub', 'mul', 'div', 'concat', 'reduce']);

/** The layers that a value is scaled, shifted or averaged from. */
function leavesOf(name: string, layers: Layers, seen: Set<string>): Set<string> {
  const node = unchanged(name, layers);
  if (seen.has(node.name) || node.op === 'parameter') return new Set();
  seen.add(node.name);
  if (!COMBINING.has(node.op)) return new Set([node.name]);
  return new Set(node.inputs.flatMap((input) => [...leavesOf(input, layers, seen)]));
}

function isSigmoid(node: GraphNode): boolean {
  return node.op === 'pointwise' && (node.attrs.function === 'sigmoid' || node.attrs.function === 'hardsigmoid');
}

function isProduct(node: GraphNode, { shapeOf }: Layers): boolean {
  if (node.op === 'linear') return shapeOf(node.name).length === 1;
  return node.op === 'conv2d' && shapeOf(node.name).slice(1).join() === '1,1';
}

/** Whether a value was divided by its own length. */
function isNormalised(name: string, layers: Layers): boolean {
  const node = unchanged(name, layers);
  if (node.op === 'normalize') return true;
  if (node.op !== 'div' && node.op !== 'mul') return false;
  const [value, divisor] = node.inputs as [string, string];
  if (isLength(divisor, layers) || isNormalised(value, layers)) return true;
  return node.op === 'mul' && (isLength(value, layers) || isNormalised(divisor, layers));
}

/** Whether a value is the root of a sum of squares, or its inverse. */
function isLength(name: string, layers: Layers): boolean {
  const node = unchanged(name, layers);
  if (node.op === 'reduce') return node.attrs.function === 'l2' || node.attrs.function === 'sum';
  const isOnTheWay = node.op === 'pointwise' || node.op === 'maximum' || node.op === 'add' || node.op === 'expand';
  return isOnTheWay && isLength(node.inputs[0]!, layers);
}
