/** The network of a weights folder: the one that is stored with it, or one of the families known by name. */
import type { ModelConfig } from '../../weights/index.js';
import { buildGraph, networkSpec } from '../backbones/index.js';
import type { Graph } from '../graph.js';
import { graphOf } from './stored-graph.js';

/** @throws GraphError as `buildGraph`, and `GRAPH_INVALID` for a stored graph that is damaged */
export function networkGraph(config: ModelConfig): Graph {
  return config.graph === undefined ? buildGraph(networkSpec(config)) : graphOf(config.graph);
}
