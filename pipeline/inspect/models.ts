/** What is in models: checkpoints, files with their network, weights folders; layers, and how our kernels run them. */

import { basename, statOf } from '#platform';
import { CodedError } from '../../base/index.js';
import {
  type Checkpoint,
  type CheckpointFormat,
  fileFormat,
  inspectExported,
  inspectOnnx,
  inspectTfjs,
  isTfjsModel,
  type RecogniseOptions,
  readCheckpoint,
  recogniseCheckpoint,
  tfjsModelIn,
} from '../../convert/index.js';
import { describePlan, openOnnxFile, type PlanDescription, type PlanOptions } from '../../engine/index.js';
import { fileError } from '../../files/index.js';
import { buildGraph, usualTap } from '../../graph/backbones/index.js';
import { type Graph, parameters, proposedTaps, usualShapes } from '../../graph/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { type Checked, type ModelConfig, type Pool, pythonLine, readWeights } from '../../weights/index.js';

export interface CheckpointInspection {
  kind: 'checkpoint';
  format: CheckpointFormat;
  sha256: string;
  /** The network; null if the tensors belong to no known backbone, and `reason` says why. */
  network: { backbone: string; head: readonly number[]; classes: number } | null;
  reason: string | null;
  tensors: { name: string; dtype: string; shape: readonly number[] }[];
}

export async function inspectCheckpoint(
  path: string,
  hints?: RecogniseOptions['hints'],
): Promise<CheckpointInspection> {
  const checkpoint = await readCheckpoint(path);
  const { format, sha256, tensors } = checkpoint;
  const { network, reason } = recognised(checkpoint, { label: path, hints });
  const listed = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return { kind: 'checkpoint', format, sha256, network, reason, tensors: listed };
}

function recognised(checkpoint: Checkpoint, options: RecogniseOptions) {
  try {
    const { backbone, head, classes } = recogniseCheckpoint(checkpoint, options).network;
    return { network: { backbone, head, classes }, reason: null };
  } catch (error) {
    if (error instanceof CodedError) return { network: null, reason: error.message };
    throw error;
  }
}

/** What reads files that have their network: ONNX, exported programs, models of TensorFlow.js. */
const NETWORKS = {
  onnx: (path: string) => inspectOnnx(path, openOnnxFile),
  'exported-program': (path: string) => inspectExported(path),
  'tfjs-model': (path: string) => inspectTfjs(path),
};
type NetworkKind = keyof typeof NETWORKS;

export type NetworkInspection = {
  [K in NetworkKind]: { kind: K } & Omit<Awaited<ReturnType<(typeof NETWORKS)[K]>>, 'layers'>;
}[NetworkKind];

export async function inspectNetwork(kind: NetworkKind, path: string): Promise<NetworkInspection> {
  const { layers, ...found } = await NETWORKS[kind](path);
  return { kind, ...found } as NetworkInspection;
}

export interface WeightsInspection {
  kind: 'weights';
  sha256: string;
  config: ModelConfig;
  /** Result of `convert --check`; null: the conversion was not compared. */
  checked: Checked | null;
  tensors: number;
  /** Number of values in all tensors. */
  parameters: number;
  /** The preprocessing as a line of Python; null for networks of four channels. */
  python: string | null;
}

export async function inspectWeights(path: string): Promise<WeightsInspection> {
  const { sha256, config, tensors, checked = null } = await readWeights(path);
  const graph = networkGraph(config);
  const sizes = [...parameters(graph).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  const count = sizes.reduce((a, b) => a + b, 0);
  const python = pythonLine(config.preprocessing);
  return { kind: 'weights', sha256, config, checked, tensors: tensors.size, parameters: count, python };
}

/** A layer that a tap may name, of weights, a checkpoint, an ONNX file, an exported program or TensorFlow.js. */
export interface InspectedTap {
  /** As `--tap` takes it. Empty: the whole network. */
  name: string;
  /** For one image of the size that the network is fed, or 224×224: `[channels, height, width]`, `[features]`, …. */
  shape: readonly number[];
  /** Whether it is the embedding if nothing else is asked for. */
  default: boolean;
  /** How it is pooled where it is proposed as the embedding (`convert --tap NAME --pool mean`); otherwise null. */
  proposed: Pool | null;
}

/** @throws the coded errors of whatever the path turns out to be, if it is not a network */
export async function inspectTaps(path: string): Promise<InspectedTap[]> {
  const found = await statOf(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return (await inspectTfjs(tfjs)).layers;
  if (found.kind === 'folder') return tapsOfWeights(path);
  const format = await fileFormat(path);
  if (format === 'onnx' || format === 'exported-program') return (await NETWORKS[format](path)).layers;
  if (await isTfjsModel(path)) return (await inspectTfjs(path)).layers;
  const { network } = recogniseCheckpoint(await readCheckpoint(path), { label: basename(path) });
  return describe(buildGraph(network), usualTap(network), null);
}

async function tapsOfWeights(path: string): Promise<InspectedTap[]> {
  const { config } = await readWeights(path);
  return describe(networkGraph(config), config.tap, config.preprocessing.size);
}

function describe(graph: Graph, tap: string, size: readonly [number, number] | null): InspectedTap[] {
  const shapes = usualShapes(graph, size);
  const proposed = new Map(proposedTaps(graph, shapes).map(({ tap: name, pool }) => [name, pool]));
  return [...graph.modules].map(([name, node]) => ({
    name,
    shape: shapes.get(node)!,
    default: name === tap,
    proposed: proposed.get(name) ?? null,
  }));
}

/** How our own kernels would run a weights folder's model. @throws WeightsError; EngineError if options do not fit */
export async function inspectPlan(path: string, options: PlanOptions): Promise<PlanDescription> {
  return describePlan(await readWeights(path), options);
}
