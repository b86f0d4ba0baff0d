/**
 * Operators of constants that the interpreter does not have: they are imported into a graph of their own, which is computed by
 * the definitions of its operations. Position embeddings that are resized are made so.
 */
import { foldConstants } from '../../../graph/passes/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { GraphBuilder } from './graph-builder.js';
import type { Operator } from './operator.js';
import type { Value } from './value.js';

/**
 * The outputs of an operator whose inputs are all constants; null if its first input is not one value for a batch of one,
 * or if computing them would take long.
 *
 * @throws NotSupported
 */
export function foldByGraph(
  operator: Operator,
  node: OnnxNode,
  inputs: readonly (Value | null)[],
  opset: number,
): Constant[] | null {
  const [first, ...rest] = inputs;
  if (first?.kind !== 'constant' || first.constant.kind !== 'float' || first.constant.dims[0] !== 1) return null;
  const graph = new GraphBuilder(1);
  graph.image([3, 1, 1]);
  const shape = first.constant.dims.slice(1);
  const x = graph.parameter(first.constant, 'x', shape, { batch: 0, merged: false });
  const name = node.outputs[0] ?? '';
  const made = operator({ node, inputs: [x, ...rest], name, graph, opset, isOnlyReader: () => false });
  const outputs = (Array.isArray(made) ? made : [made]).map((value) => computedBy(graph, value));
  return outputs.every((output) => output !== null) ? outputs : null;
}

function computedBy(graph: GraphBuilder, value: Value): Constant | null {
  if (value.kind === 'constant') return value.constant;
  const { nodes, tensors } = graph;
  const bound = { graph: { nodes, output: value.node, modules: new Map() }, tensors };
  const tensor = foldConstants(bound, new Set([value.node])).tensors.get(value.node);
  return tensor === undefined ? null : { kind: 'float', dims: graph.dims(value), data: tensor.data };
}
