/** What is in an ONNX file, whether it can be converted or not. */
import { CodedError } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';
import type { OpenOnnxSession } from './as-is/runtime.js';
import type { OnnxValueInfo } from './file/onnx-model.js';
import { type OnnxFileContent, openOnnx } from './file/read-onnx.js';
import { type InspectedNetwork, inspectedNetwork } from './inspected-network.js';
import { readAsIs, unsupported } from './read-as-is.js';
import { type OnnxLayers, readLayers } from './read-network.js';

export interface OnnxInspection extends InspectedNetwork {
  sha256: string;
  producer: string;
  irVersion: number;
  opset: number;
  inputs: { name: string; shape: readonly (number | string)[] | null }[];
  outputs: { name: string; shape: readonly (number | string)[] | null }[];
}

/**
 * @param openSession runs a file with operators that are not supported, as it is; left out: its layers end before them
 * @throws ConvertError for a file that is not a readable ONNX model; FileError
 */
export async function inspectOnnx(path: string, openSession?: OpenOnnxSession): Promise<OnnxInspection> {
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
      ...(await inspectedNetwork(layersOf(file, openSession), operators, parameters)),
    };
  } finally {
    await file.close();
  }
}

/** The layers that are supported, or all of a file that something runs as it is. */
async function layersOf(file: OnnxFileContent, openSession: OpenOnnxSession | undefined): Promise<OnnxLayers> {
  const layers = await readLayers(file);
  const { problem } = layers;
  if (openSession === undefined || !(problem instanceof ConvertError)) return layers;
  const options = { isNormalised: false, hasClasses: undefined, open: openSession, problem };
  const asIs = await readAsIs(file, options).catch((error: unknown): CodedError => {
    if (error instanceof CodedError) return error;
    throw error;
  });
  if (asIs instanceof CodedError) return { ...layers, problem: asIs };
  const { taps, tap, classes } = asIs;
  const named = [...taps].map(([name, shape]) => ({ name, shape, default: name === tap }));
  return { taps: named, classes, problem: null, asIs: unsupported(problem, file.model) };
}

function described({ name, shape }: OnnxValueInfo): { name: string; shape: readonly (number | string)[] | null } {
  return { name, shape };
}
