/** The error of whatever cannot take an ONNX file that runs as it is. */
import { GraphError } from './graph-error.js';

/**
 * @param what cannot take it: `backend simd`
 * @param hint what does
 */
export function onnxFileOnly(what: string, hint?: string): GraphError {
  return new GraphError(
    'ONNX_FILE_ONLY',
    `${what}: cannot take this network: it is an ONNX file that runs as it is, since it has operators that are not supported`,
    { hint },
  );
}
