/** Imports operators of constants that `fold.ts` does not have into a graph, and computes that. */
import { foldConstants } from '../../../graph/passes/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { GraphBuilder, type Operator } from './graph-builder.js';
import { NotSupported, type Value } from './value.js';

/** Operators that pick values, so that whole numbers stay whole. */
const PICKING: readonly string[] = ['MaxPool'];

/** The first axis of a constant is a batch of one if it can be, so that maps are maps. */
const BATCH = { batch: 0, merged: false } as const;
const ALONE = { batch: 0, merged: 'alone' } as const;

/**
 * An operator of constants; null if its first input has no axes or no floats, or if this would take long.
 * @throws NotSupported
 */
export function foldByGraph(operator: Operator, node: OnnxNode, inputs: readonly (Value | null)[], opset: number) {
  const [first] = inputs;
  if (first?.kind !== 'constant' || first.constant.dims.length === 0) return null;
  const { kind, dims } = first.constant;
  if (kind !== 'float' && !(kind === 'int' && PICKING.includes(node.op))) return null;
  const apply = (layout: typeof BATCH | typeof ALONE) => folded(operator, node, inputs, first.constant, layout, opset);
  if (dims[0] !== 1) return apply(ALONE);
  try {
    return apply(BATCH);
  } catch (error) {
    if (error instanceof NotSupported) return apply(ALONE);
    throw error;
  }
}

function folded(
  operator: Operator,
  node: OnnxNode,
  inputs: readonly (Value | null)[],
  constant: Constant,
  layout: typeof BATCH | typeof ALONE,
  opset: number,
): Constant[] | null {
  const graph = new GraphBuilder(1);
  graph.image([3, 1, 1]);
  const shape = layout.merged ? constant.dims : constant.dims.slice(1);
  const x = graph.parameter(constant, 'x', shape, layout);
  const name = node.outputs[0] ?? '';
  const made = operator({
    node,
    inputs: [x, ...inputs.slice(1)],
    name,
    graph,
    opset,
    isOnlyReader: () => false,
    isReadBy: () => false,
  });
  const outputs = (Array.isArray(made) ? made : [made]).map((value) => computedBy(graph, value, constant.kind));
  return outputs.every((output) => output !== null) ? outputs : null;
}

function computedBy(graph: GraphBuilder, value: Value, kind: Constant['kind']): Constant | null {
  if (value.kind === 'constant') return value.constant;
  const { nodes, tensors } = graph;
  const bound = { graph: { nodes, output: value.node, modules: new Map() }, tensors };
  const tensor = foldConstants(bound, new Set([value.node])).tensors.get(value.node);
  if (tensor === undefined) return null;
  return { kind, dims: graph.dims(value), data: kind === 'float' ? tensor.data : Float64Array.from(tensor.data) };
}
