/** What is in a model for TensorFlow.js, whether it can be converted or not. */
import type { OnnxInspection } from '../onnx/inspect-onnx.js';
import { inspectedNetwork } from '../onnx/inspected-network.js';
import { readLayers } from '../onnx/read-network.js';
import { renamedCodes } from '../onnx/renamed-codes.js';
import { openTfjs, type TfjsContent } from './read-tfjs.js';

export interface TfjsInspection extends Omit<OnnxInspection, 'producer' | 'irVersion' | 'opset'> {
  format: TfjsContent['kind'];
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_WEIGHTS`, `TFJS_TOO_LARGE`; FileError */
export async function inspectTfjs(path: string): Promise<TfjsInspection> {
  const file = await openTfjs(path);
  try {
    const { graph } = file.model;
    const layers = renamedCodes('TFJS', readLayers(file));
    return {
      sha256: file.sha256,
      format: file.kind,
      inputs: graph.inputs.map(({ name, shape }) => ({ name, shape })),
      outputs: graph.outputs.map(({ name, shape }) => ({ name, shape })),
      ...(await inspectedNetwork(layers, file.operations, file.parameters)),
    };
  } finally {
    await file.close();
  }
}
