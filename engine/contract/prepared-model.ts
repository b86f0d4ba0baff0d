/** The graph of a weights folder, reduced to the layers that are wanted. */

import {
  type BoundGraph,
  bind,
  checkVariances,
  type Graph,
  type ImageSize,
  inferShapes,
  resolveTap,
} from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import type { ModelConfig, Weights } from '../../weights/index.js';
import { EngineError } from './engine-error.js';

export interface Tap {
  /** The name that was asked for. */
  name: string;
  /** Shape of one row, `[channels, height, width]` or `[features]`; null if it depends on the image size. */
  shape: readonly number[] | null;
}

export interface PreparedModel {
  model: BoundGraph;
  taps: readonly Tap[];
  /** Name asked for → node. */
  tapNodes: ReadonlyMap<string, string>;
}

/** @throws EngineError `UNKNOWN_BACKBONE`, `TENSORS_DO_NOT_FIT`, `UNKNOWN_TAP`, `BAD_OPTION`; WeightsError */
export function prepareModel(
  { config, tensors, file }: Weights,
  { tap, scores }: { tap?: string | readonly string[] | undefined; scores: boolean },
): PreparedModel {
  const graph = networkGraph(config);
  const tapNodes = new Map(tapNames(tap ?? config.tap).map((name) => [name, resolveTap(graph, name)]));
  const kept = new Set(scores && config.classes.length > 0 ? [...tapNodes.values(), graph.output] : tapNodes.values());
  checkVariances(config.provenance.source, graph, tensors);
  const { size } = config.preprocessing;
  const image = size && { height: size[0], width: size[1] };
  const optimised = optimise(bind(graph, tensors), kept, image);
  const facts = config.onnxFile;
  const model = facts === undefined || file === undefined ? optimised : { ...optimised, file: { facts, bytes: file } };
  return { model, tapNodes, taps: describeTaps(model.graph, tapNodes, size) };
}

function tapNames(tap: string | readonly string[]): readonly string[] {
  const names = typeof tap === 'string' ? [tap] : tap;
  if (names.length === 0) throw new EngineError('BAD_OPTION', 'no tap: at least one layer must be named');
  return names;
}

function describeTaps(
  graph: Graph,
  tapNodes: ReadonlyMap<string, string>,
  size: readonly [number, number] | null,
): Tap[] {
  const shapes = size === null ? null : inferShapes(graph, { height: size[0], width: size[1] });
  return [...tapNodes].map(([name, node]): Tap => ({ name, shape: shapes?.get(node) ?? null }));
}

/** torchvision's image size. */
const USUAL_SIZE: readonly [number, number] = [224, 224];

/** The image size that the weights name, or the usual size for a model that takes any size. */
export function usualSize({ preprocessing: { size } }: ModelConfig): ImageSize {
  const [height, width] = size ?? USUAL_SIZE;
  return { height, width };
}
