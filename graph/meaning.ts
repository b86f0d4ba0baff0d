/** From a node of a graph to what its operation means. */
import type { ComputedNode } from './graph.js';
import { GraphError } from './graph-error.js';
import { Misfit } from './operations/misfit.js';
import type { Operation, Parameters, Shape, Values } from './operations/operation.js';
import * as registry from './operations/registry.js';

type AnyOperation = Operation<string, object | null>;

const operations: ReadonlyMap<string, AnyOperation> = new Map(
  Object.values(registry).map((operation) => [operation.op, operation]),
);

export function isOperation(name: string): boolean {
  return operations.has(name);
}

/** Shapes of a node's tensors, by their names inside its module (`weight`, `running_mean`). Most nodes have none. */
export function nodeTensors(node: ComputedNode): Map<string, Shape> {
  return operationOf(node).parameters?.(attrsOf(node)) ?? new Map();
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
