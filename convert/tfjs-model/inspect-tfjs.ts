/** What is in a model for TensorFlow.js, whether it can be converted or not. */
import { CodedError } from '../../errors/index.js';
import type { OnnxInspection } from '../onnx/inspect-onnx.js';
import { type OnnxLayers, readLayers } from '../onnx/read-network.js';
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
    const found = await renamedCodes('TFJS', readLayers(file)).catch((error: unknown): OnnxLayers => {
      if (error instanceof CodedError) return { taps: [], classes: 0, problem: error };
      throw error;
    });
    return {
      sha256: file.sha256,
      format: file.kind,
      inputs: graph.inputs.map(({ name, shape }) => ({ name, shape })),
      outputs: graph.outputs.map(({ name, shape }) => ({ name, shape })),
      operators: Object.fromEntries([...file.operations].sort(([, a], [, b]) => b - a)),
      parameters: file.parameters,
      layers: found.taps,
      classes: found.classes,
      reason: found.problem?.message ?? null,
    };
  } finally {
    await file.close();
  }
}
