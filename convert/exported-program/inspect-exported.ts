/** What is in an exported program, whether it can be converted or not. */
import type { OnnxInspection } from '../onnx/inspect-onnx.js';
import { inspectedNetwork } from '../onnx/inspected-network.js';
import { readLayers } from '../onnx/read-network.js';
import { renamedCodes } from '../onnx/renamed-codes.js';
import { openExported } from './read-exported.js';

export interface ExportedInspection extends Omit<OnnxInspection, 'producer' | 'irVersion' | 'opset'> {
  /** Version of the schema, `8.20` for instance. */
  schema: string;
}

/** @throws ConvertError `EXPORTED_VERSION`, `EXPORTED_INVALID`, `EXPORTED_TENSOR`; FileError */
export async function inspectExported(path: string): Promise<ExportedInspection> {
  const file = await openExported(path);
  try {
    const { graph } = file.model;
    const layers = renamedCodes('EXPORTED', readLayers(file));
    const shapes = graph.inputs.map(({ name, shape }) => ({ name, shape }));
    return {
      sha256: file.sha256,
      schema: file.schema,
      inputs: shapes,
      outputs: graph.outputs.map(({ name, shape }) => ({ name, shape })),
      ...(await inspectedNetwork(layers, file.operations, file.parameters)),
    };
  } finally {
    await file.close();
  }
}
