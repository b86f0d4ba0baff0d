/** What is in an ONNX file, whether it can be converted or not. */
import type { OnnxValueInfo } from './file/onnx-model.js';
import { openOnnx } from './file/read-onnx.js';
import { type InspectedNetwork, inspectedNetwork } from './inspected-network.js';
import { readLayers } from './read-network.js';

export interface OnnxInspection extends InspectedNetwork {
  sha256: string;
  producer: string;
  irVersion: number;
  opset: number;
  inputs: { name: string; shape: readonly (number | string)[] | null }[];
  outputs: { name: string; shape: readonly (number | string)[] | null }[];
}

/** @throws ConvertError for a file that is not a readable ONNX model; FileError */
export async function inspectOnnx(path: string): Promise<OnnxInspection> {
  const file = await openOnnx(path);
  try {
    const { graph, producer, irVersion, opset } = file.model;
    const operators = new Map<string, number>();
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
    const parameters = [...graph.initialisers.values()].reduce((sum, { count }) => sum + count, 0);
    const isInput = ({ name }: OnnxValueInfo) => !graph.initialisers.has(name);
    return {
      sha256: file.sha256,
      producer,
      irVersion,
      opset,
      inputs: graph.inputs.filter(isInput).map(described),
      outputs: graph.outputs.map(described),
      ...(await inspectedNetwork(readLayers(file), operators, parameters)),
    };
  } finally {
    await file.close();
  }
}

function described({ name, shape }: OnnxValueInfo): { name: string; shape: readonly (number | string)[] | null } {
  return { name, shape };
}
