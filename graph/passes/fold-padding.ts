/** Makes zeros around a map part of the convolution or max pooling behind. This saves a copy of the map. */
import type { BoundGraph } from '../bound-graph.js';
import type { GraphNode } from '../graph.js';
import type { Padding } from '../operations/window.js';
import { type BoundNode, boundNodes, rewrite, useCounts } from './rewrite.js';

/** After these, no value is below zero, so that zeros around a map are never the only largest of a window. */
const NOT_NEGATIVE: readonly GraphNode['op'][] = ['relu', 'relu6'];

/** A padding stays if its output is wanted, or if another node reads it as well. */
export function foldPadding(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const uses = useCounts(bound.graph);
  const nodes = new Map(bound.graph.nodes.map((node) => [node.name, node]));
  const gone = new Set<string>();
  const folded = boundNodes(bound).map((each): BoundNode => {
    const { node, tensors } = each;
    const before = nodes.get(node.inputs[0] ?? '');
    if (before === undefined || uses.get(before.name) !== 1 || keep.has(before.name)) return each;
    const around = zerosAround(before);
    const merged = around === null ? null : withPadding(node, around, nodes.get(before.inputs[0]!)!);
    if (merged === null) return each;
    gone.add(before.name);
    return { node: { ...merged, inputs: before.inputs }, tensors };
  });
  const left = folded.filter(({ node }) => !gone.has(node.name));
  return rewrite(bound, left);
}

/** `[top, bottom, left, right]`; null for another node. */
function zerosAround(node: GraphNode): Padding | null {
  if (node.op !== 'pad' || node.attrs.mode !== 'constant' || node.attrs.value !== 0) return null;
  const [channels, vertical, horizontal, ...more] = node.attrs.padding;
  const isMap = channels?.every((size) => size === 0) === true && more.length === 0;
  return isMap && vertical !== undefined && horizontal !== undefined ? [...vertical, ...horizontal] : null;
}

/** @param source what is padded */
function withPadding(node: GraphNode, around: Padding, source: GraphNode): GraphNode | null {
  if (node.op === 'conv2d') return { ...node, attrs: { ...node.attrs, padding: sum(node.attrs.padding, around) } };
  if (node.op !== 'maxPool2d' || !NOT_NEGATIVE.includes(source.op) || node.attrs.ceilMode) return null;
  const { kernel, dilation = [1, 1] } = node.attrs;
  const padding = sum(node.attrs.padding, around);
  // Every window must have a pixel of the map.
  const isNarrow = padding.every((size, side) => size <= (kernel[side >> 1]! - 1) * dilation[side >> 1]!);
  const isOwn = node.attrs.padding.every((size) => size === 0);
  return isNarrow && isOwn ? { ...node, attrs: { ...node.attrs, padding } } : null;
}

function sum(a: Padding, b: Padding): Padding {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}
