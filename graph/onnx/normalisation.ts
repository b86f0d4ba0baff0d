/** Layers that normalise, in ONNX. */
import { GraphError } from '../graph-error.js';
import type { LocalResponseNormAttrs } from '../operations/local-response-norm.js';
import type { OnnxNode } from './proto.js';

/** @throws GraphError `UNKNOWN_OPERATION` for an even size: ONNX has the odd channel after, PyTorch before */
export function localResponseNorm(output: string, input: string, attrs: LocalResponseNormAttrs): OnnxNode {
  const { size, alpha, beta, k } = attrs;
  if (size % 2 === 0) {
    throw new GraphError(
      'UNKNOWN_OPERATION',
      `${output}: a local response norm over ${size} channels, ONNX needs an odd number`,
    );
  }
  const attributes = { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
  return { op: 'LRN', inputs: [input], output, attributes };
}
