/** What is in an ONNX file, whether it can be converted or not. */
import { CodedError } from '../../errors/index.js';
import type { OnnxValueInfo } from './file/onnx-model.js';
import { openOnnx } from './file/read-onnx.js';
import { type OnnxLayers, readLayers } from './read-network.js';

export interface OnnxInspection {
  sha256: string;
  producer: string;
  irVersion: number;
  opset: number;
  inputs: { name: string; shape: readonly (number | string)[] | null }[];
  outputs: { name: string; shape: readonly (number | string)[] | null }[];
  /** Operator → how often. */
  operators: Record<string, number>;
  /** Values in all tensors. */
  parameters: number;
  layers: OnnxLayers['taps'];
  classes: number;
  /** Why it is not converted; null if it is. */
  reason: string | null;
}

/** @throws ConvertError for a file that is not a readable ONNX model; FileError */
export async function inspectOnnx(path: string): Promise<OnnxInspection> {
  const file = await openOnnx(path);
  try {
    const { graph, producer, irVersion, opset } = file.model;
    const found = await readLayers(file).catch((error: unknown): OnnxLayers => {
      if (error instanceof CodedError) return { taps: [], classes: 0, problem: error };
      throw error;
    });
    const operators = new Map<string, number>();
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
    const isInput = ({ name }: OnnxValueInfo) => !graph.initialisers.has(name);
    return {
      sha256: file.sha256,
      producer,
      irVersion,
      opset,
      inputs: graph.inputs.filter(isInput).map(described),
      outputs: graph.outputs.map(described),
      operators: Object.fromEntries([...operators].sort(([, a], [, b]) => b - a)),
      parameters: [...graph.initialisers.values()].reduce((sum, { count }) => sum + count, 0),
      layers: found.taps,
      classes: found.classes,
      reason: found.problem?.message ?? null,
    };
  } finally {
    await file.close();
  }
}

function described({ name, shape }: OnnxValueInfo): { name: string; shape: readonly (number | string)[] | null } {
  return { name, shape };
}
