/** A model for TensorFlow.js as a network, through the operators of ONNX that it is translated to. */

import { renamedCodes } from '../convert-error.js';
import type { OnnxGraph } from '../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../onnx/file/tensor-proto.js';
import { tensorFloats, tensorIntegers } from '../onnx/file/tensor-proto.js';
import { counted, type NetworkFile } from '../onnx/read-network.js';
import { type ModelJson, readModelJson } from './file/model-json.js';
import { shardPaths, Weights } from './file/weights.js';
import { graphDefOf } from './graph-model/node-call.js';
import { translateGraph } from './graph-model/translate-graph.js';
import { topologyOf } from './layers-model/topology.js';
import { translateLayers } from './layers-model/translate-layers.js';
import { OWN_OPERATORS } from './writing/maps.js';

/** The version of ONNX's operators that models are translated to. */
const OPSET = 22;
/** Sizes, axes and paddings have fewer values; larger tensors are weights. */
const MAX_LISTED = 64;

/** Keras' networks that were trained on blue, green and red in this order, by layers that no other one has. */
const BLUE_FIRST = [
  { network: 'VGG', layers: ['block1_conv1', 'block5_conv3'] },
  { network: 'ResNet', layers: ['conv1_bn', 'conv2_block1_0_conv'] },
] as const;

/** A model as it is imported, and what it says of itself. */
export interface TfjsContent extends NetworkFile {
  kind: ModelJson['kind'];
  /** Operation or class of layers → how often. */
  operations: Map<string, number>;
  /** Values in all weights. */
  parameters: number;
  /** What it was probably trained with that is not done here, one sentence each. */
  assumed: string[];
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_WEIGHTS`, `TFJS_CYCLE`, `TFJS_TOO_LARGE`; FileError */
export async function openTfjs(path: string): Promise<TfjsContent> {
  const json = await readModelJson(path);
  const weights = await Weights.open(path, json);
  try {
    const { graph, operations, assumed } = await renamedTranslation(json, weights);
    return {
      model: { label: json.label, irVersion: 0, producer: 'tensorflow.js', opset: OPSET, graph, metadata: new Map() },
      sha256: await weights.sha256(json.bytes),
      otherOperators: OWN_OPERATORS,
      external: (tensor) => weights.read(tensor.name),
      close: () => weights.close(),
      kind: json.kind,
      operations,
      assumed,
      parameters: [...weights.tensors.values()].reduce((sum, { count }) => sum + count, 0),
    };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** The files on which the result depends. @throws ConvertError `TFJS_INVALID`, `TFJS_WEIGHTS` */
export async function tfjsFiles(path: string): Promise<string[]> {
  return [path, ...(await shardPaths(path, await readModelJson(path)))];
}

interface Read extends Pick<TfjsContent, 'operations' | 'assumed'> {
  graph: OnnxGraph;
}

function renamedTranslation(json: ModelJson, weights: Weights): Promise<Read> {
  return renamedCodes('TFJS', json.kind === 'graph-model' ? readGraph(json, weights) : readLayers(json, weights));
}

async function readGraph(json: ModelJson, weights: Weights): Promise<Read> {
  const definition = graphDefOf(json);
  const numbers = await smallNumbers(weights);
  const graph = translateGraph({ label: json.label, graph: definition, tensors: weights.tensors, numbers });
  return { graph, operations: counted(definition.nodes.map(({ op }) => op)), assumed: [] };
}

async function readLayers(json: ModelJson, { tensors }: Weights): Promise<Read> {
  const topology = topologyOf(json);
  const graph = translateLayers({ label: json.label, topology, tensors });
  const operations = counted(topology.layers.map(({ className }) => className));
  const names = new Set(topology.layers.map(({ layer }) => layer));
  const trained = BLUE_FIRST.filter(({ layers }) => layers.every((layer) => names.has(layer)));
  const assumed = trained.map(
    ({ network }) =>
      `pixels go in as red, green and blue; its layers are called as those of Keras' ${network}, whose own weights take blue, green and red (--channel-order)`,
  );
  return { graph, operations, assumed };
}

async function smallNumbers(weights: Weights): Promise<Map<string, readonly number[]>> {
  const numbers = new Map<string, readonly number[]>();
  for (const [name, tensor] of weights.tensors) {
    if (tensor.count <= MAX_LISTED) numbers.set(name, valuesOf(tensor, await weights.read(name)));
  }
  return numbers;
}

function valuesOf(tensor: OnnxTensor, bytes: Uint8Array): number[] {
  return [...(tensor.dtype === 'float32' ? tensorFloats(tensor, bytes) : tensorIntegers(tensor, bytes))];
}
