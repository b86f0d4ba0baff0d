import type { CompileOptions, ImageBatch } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { bind, resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';

const model = { backbone: 'mobilenet_v2', head: [], classes: 5 };
const graph = buildGraph(model);

export const weights = pseudoWeights(model);
export const taps = [resolveTap(graph, 'features.4'), resolveTap(graph, 'features.18')];
export const bound = optimise(bind(graph, weights.tensors), new Set([...taps, graph.output]));

export const options: CompileOptions = {
  taps,
  scores: true,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  precision: 'float32',
};

/** @param seed other images for another one */
export function batch(rows: number, seed = ''): ImageBatch {
  return { rows, height: 32, width: 32, data: pixels(`gpu ${rows} ${seed}`, rows * 32 * 32 * 3) };
}
