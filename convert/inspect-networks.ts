/** What is in a file with its network, whether it can be converted or not. */
import { CodedError } from '../base/index.js';
import { ConvertError, renamedCodes } from './convert-error.js';
import { openExported } from './exported-program/read-exported.js';
import type { OpenOnnxSession } from './onnx/as-is/runtime.js';
import type { OnnxValueInfo } from './onnx/file/onnx-model.js';
import { type OnnxFileContent, openOnnx } from './onnx/file/read-onnx.js';
import { readAsIs, unsupported } from './onnx/read-as-is.js';
import { counted, type NetworkFile, type OnnxLayers, readLayers } from './onnx/read-network.js';
import { openTfjs, type TfjsContent } from './tfjs-model/read-tfjs.js';

interface Inspection {
  sha256: string;
  inputs: Pick<OnnxValueInfo, 'name' | 'shape'>[];
  outputs: Pick<OnnxValueInfo, 'name' | 'shape'>[];
  /** Operator → how often, the most frequent first. */
  operators: Record<string, number>;
  /** Values in all tensors. */
  parameters: number;
  layers: OnnxLayers['taps'];
  classes: number;
  /** Why it is not converted; null if it is. */
  reason: string | null;
  /** Which operators make onnxruntime run the file as it is; null if every engine runs it, or none does. */
  as_is: string | null;
}

export interface OnnxInspection extends Inspection {
  producer: string;
  irVersion: number;
  opset: number;
}

export interface ExportedInspection extends Inspection {
  /** Version of the schema, `8.20` for instance. */
  schema: string;
}

export interface TfjsInspection extends Inspection {
  format: TfjsContent['kind'];
}

/** @throws ConvertError for a file that is not a readable ONNX model; FileError */
export async function inspectOnnx(path: string, openSession?: OpenOnnxSession): Promise<OnnxInspection> {
  const file = await openOnnx(path);
  const { graph, producer, irVersion, opset } = file.model;
  const operations = counted(graph.nodes.map(({ op }) => op));
  const parameters = [...graph.initialisers.values()].reduce((sum, { count }) => sum + count, 0);
  const said = { producer, irVersion, opset };
  return inspection({ ...file, operations, parameters }, said, layersOf(file, openSession));
}

/** @throws ConvertError `EXPORTED_VERSION`, `EXPORTED_INVALID`, `EXPORTED_TENSOR`; FileError */
export async function inspectExported(path: string): Promise<ExportedInspection> {
  const file = await openExported(path);
  return inspection(file, { schema: file.schema }, renamedCodes('EXPORTED', readLayers(file)));
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_WEIGHTS`, `TFJS_TOO_LARGE`; FileError */
export async function inspectTfjs(path: string): Promise<TfjsInspection> {
  const file = await openTfjs(path);
  return inspection(file, { format: file.kind }, renamedCodes('TFJS', readLayers(file)));
}

/** Closes the file. @param reading of the layers; a coded error becomes the reason */
async function inspection<Said>(
  file: NetworkFile & { operations: ReadonlyMap<string, number>; parameters: number },
  said: Said,
  reading: Promise<OnnxLayers>,
): Promise<Said & Inspection> {
  try {
    const { inputs, outputs, initialisers } = file.model.graph;
    const described = ({ name, shape }: OnnxValueInfo) => ({ name, shape });
    const found = await reading.catch((error: unknown): OnnxLayers => {
      if (error instanceof CodedError) return { taps: [], classes: 0, problem: error };
      throw error;
    });
    return {
      sha256: file.sha256,
      ...said,
      inputs: inputs.filter(({ name }) => !initialisers.has(name)).map(described),
      outputs: outputs.map(described),
      operators: Object.fromEntries([...file.operations].sort(([, a], [, b]) => b - a)),
      parameters: file.parameters,
      layers: found.taps,
      classes: found.classes,
      reason: found.problem?.message ?? null,
      as_is: found.asIs ?? null,
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
  const named = [...taps].map(([name, shape]) => ({ name, shape, default: name === tap, proposed: null }));
  return { taps: named, classes, problem: null, asIs: unsupported(problem, file.model) };
}
