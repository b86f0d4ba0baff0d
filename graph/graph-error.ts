import { CodedError } from '../base/index.js';

/** A network, tap or input size that does not exist or does not fit; weights that do not fit their network. */
export class GraphError extends CodedError {
  override readonly name = 'GraphError';
}

/** The error of what cannot take an ONNX file that runs as it is (`backend simd`). @param hint what does */
export function onnxFileOnly(what: string, hint?: string): GraphError {
  return new GraphError(
    'ONNX_FILE_ONLY',
    `${what}: cannot take this network: it is an ONNX file that runs as it is, since it has operators that are not supported`,
    { hint },
  );
}
