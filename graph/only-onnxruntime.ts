/** The error of whatever cannot run an ONNX file as it is. */
import { GraphError } from './graph-error.js';

/** @param what cannot run it: `backend wasm` */
export function onlyOnnxRuntime(what: string): GraphError {
  return new GraphError(
    'ONNX_FILE_ONLY',
    `${what}: cannot run this network, an ONNX file with operators that only onnxruntime has`,
    { hint: 'Use --backend onnxruntime. It needs: npm install onnxruntime-node' },
  );
}
