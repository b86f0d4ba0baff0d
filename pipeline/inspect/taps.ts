/** The layers that a tap may name, of weights, a checkpoint, an ONNX file, an exported program or a model for TensorFlow.js. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  fileFormat,
  inspectExported,
  inspectOnnx,
  inspectTfjs,
  isTfjsModel,
  readCheckpoint,
  recogniseCheckpoint,
  tfjsModelIn,
} from '../../convert/index.js';
import { openOnnxFile } from '../../engine/index.js';
import { fileError } from '../../files/index.js';
import { buildGraph, usualTap } from '../../graph/backbones/index.js';
import { type Graph, type ImageSize, inferShapes, onlySize } from '../../graph/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { readWeights } from '../../weights/index.js';

export interface InspectedTap {
  /** As `--tap` takes it. Empty: the whole network. */
  name: string;
  /** For one image of the size that the network is fed, or 224×224: `[channels, height, width]`, `[features]`, …. */
  shape: readonly number[];
  /** Whether it is the embedding if nothing else is asked for. */
  default: boolean;
}

/** torchvision's. */
const USUAL_SIZE: ImageSize = { height: 224, width: 224 };

/** @throws the coded errors of whatever the path turns out to be, if it is not a network */
export async function inspectTaps(path: string): Promise<InspectedTap[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return (await inspectTfjs(tfjs)).layers;
  if (found.isDirectory()) return tapsOfWeights(path);
  const format = await fileFormat(path);
  if (format === 'onnx') return (await inspectOnnx(path, openOnnxFile)).layers;
  if (format === 'exported-program') return (await inspectExported(path)).layers;
  if (await isTfjsModel(path)) return (await inspectTfjs(path)).layers;
  const { network } = recogniseCheckpoint(await readCheckpoint(path), { label: basename(path) });
  return describe(buildGraph(network), usualTap(network), USUAL_SIZE);
}

async function tapsOfWeights(path: string): Promise<InspectedTap[]> {
  const { config } = await readWeights(path);
  const graph = networkGraph(config);
  const { size } = config.preprocessing;
  const fed = size === null ? null : { height: size[0], width: size[1] };
  return describe(graph, config.tap, fed ?? onlySize(graph) ?? USUAL_SIZE);
}

function describe(graph: Graph, tap: string, size: ImageSize): InspectedTap[] {
  const shapes = inferShapes(graph, size);
  return [...graph.modules].map(([name, node]) => ({ name, shape: shapes.get(node)!, default: name === tap }));
}
