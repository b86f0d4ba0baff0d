/** From a node of a graph to what its operation means. */
import type { ComputedNode, Graph, GraphNode } from './graph.js';
import { GraphError } from './graph-error.js';
import { Misfit, type Operation, type Parameters, type Shape, type Values } from './operations/operation.js';
import * as registry from './operations/registry.js';

type AnyOperation = Operation<string, object | null>;

const operations: ReadonlyMap<string, AnyOperation> = new Map(
  Object.values(registry).map((operation) => [operation.op, operation]),
);

export function isOperation(name: string): boolean {
  return operations.has(name);
}

/** @throws Misfit */
export function outputShape(node: ComputedNode, inputs: readonly Shape[]): Shape {
  const shape = operationOf(node).outputShape(inputs, attrsOf(node));
  if (shape.every((size) => Number.isInteger(size) && size > 0)) return shape;
  throw new Misfit(`it would give [${shape.join(', ')}]`);
}

export function referenceOutput(node: ComputedNode, inputs: readonly Values[], parameter: Parameters): Values {
  return operationOf(node).reference(inputs, attrsOf(node), parameter);
}

/** @throws GraphError `UNKNOWN_OPERATION` for a graph that was not made by this package */
export function operationOf({ name, op }: ComputedNode): AnyOperation {
  const operation = operations.get(op);
  if (operation === undefined) throw new GraphError('UNKNOWN_OPERATION', `${name}: there is no operation ${op}`);
  return operation;
}

function attrsOf(node: ComputedNode): object | null {
  return 'attrs' in node ? node.attrs : null;
}

/** Tensors of one node, by their names inside the module (`weight`); empty for most operations. */
export function nodeParameters(node: GraphNode): Map<string, readonly number[]> {
  if (node.op === 'input') return new Map();
  return operationOf(node).parameters?.(attrsOf(node)) ?? new Map();
}

/** State-dict name of a node's tensor. The tensor of a `parameter` node has no further part: the node has its name. */
export function parameterName(nodeName: string, parameter: string): string {
  return parameter === '' ? nodeName : `${nodeName}.${parameter}`;
}

/** Every tensor that the graph needs → its shape (`layer1.0.conv1.weight` → `[64, 64, 3, 3]`), in order. */
export function parameters(graph: Graph): Map<string, readonly number[]> {
  const all = new Map<string, readonly number[]>();
  for (const node of graph.nodes) {
    for (const [parameter, shape] of nodeParameters(node)) all.set(parameterName(node.name, parameter), shape);
  }
  return all;
}
