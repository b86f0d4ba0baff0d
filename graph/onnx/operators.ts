/** Turns a node of the layer graph into the ONNX operators that compute it; its operation says which. */
import type { ComputedNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { operationOf } from '../meaning.js';
import { onnxFileOnly } from '../onnx-file-only.js';
import { type KnownValues, NoOnnxForm, type OnnxConstants, type OnnxNode } from '../operations/onnx-form.js';

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
