/** Turns a node of the layer graph into the ONNX operators that compute it; its operation says which. */
import type { ComputedNode, Graph } from '../graph.js';
import { GraphError, onnxFileOnly } from '../graph-error.js';
import { operationOf } from '../meaning.js';
import { type KnownValues, NoOnnxForm, type OnnxConstants, type OnnxNode } from '../operations/onnx-form.js';
import type { ImageShape } from '../shapes.js';

/**
 * @param values what is known of the nodes before it
 * @throws GraphError `UNKNOWN_OPERATION`
 */
export function onnxNodes(node: ComputedNode, constants: OnnxConstants, values: KnownValues): OnnxNode[] {
  if (node.op === 'onnxFile') throw onnxFileOnly('the writer of ONNX files');
  const { name } = node;
  const inputs = node.inputs as readonly [string, ...string[]];
  try {
    return operationOf(node).onnx({ ...values, name, inputs, constants }, 'attrs' in node ? node.attrs : null);
  } catch (error) {
    if (!(error instanceof NoOnnxForm)) throw error;
    throw new GraphError('UNKNOWN_OPERATION', `${name}: ${error.message}`, { hint: error.hint });
  }
}

/** @param others shapes for another size, if the network takes any: what differs depends on the size */
export function knownValues(
  { nodes }: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  others: ReadonlyMap<string, ImageShape>,
): KnownValues {
  const forAll = new Set<string>();
  for (const { name, op, inputs } of nodes) {
    if (op !== 'input' && inputs.every((input) => forAll.has(input))) forAll.add(name);
  }
  return {
    rankOf: (name) => shapes.get(name)!.length + 1,
    shapeOf(name) {
      const other = others.get(name)!;
      return shapes.get(name)!.map((size, i) => (size === other[i] ? size : null));
    },
    isForAllImages: (name) => forAll.has(name),
  };
}
