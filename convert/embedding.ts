/** How the layer of the embedding becomes one row: pooled where that is asked for, and never longer than anyone expects. */
import { quoted, shellWord } from '../base/index.js';
import {
  flagsOf,
  type Graph,
  GraphError,
  type ImageShape,
  poolOf,
  proposedTaps,
  resolveTap,
  usualShapes,
} from '../graph/index.js';
import { networkGraph } from '../graph/stored/index.js';
import { type ModelConfig, pooledName } from '../weights/index.js';
import { ConvertError } from './convert-error.js';
import type { ModelOptions, ReadModel } from './read-model.js';

/** More values a row than the embedding of any known network has; a map has as many by accident. */
const MAX_UNASKED = 16_384;

/**
 * The model with its embedding as it is asked for.
 * @throws ConvertError `POOL_NEEDED` for a map or tokens of more values than are made unasked, `POOL_MISFIT` for a layer
 *   that cannot be pooled this way
 */
export function withEmbedding(model: ReadModel, { tap, pool }: Pick<ModelOptions, 'tap' | 'pool'>): ReadModel {
  const { config } = model;
  if (pool === 'none') return model;
  if (pool === undefined) {
    checkLength(config, tap !== undefined);
    return model;
  }
  const layer = layerOf(config);
  if (config.onnxFile !== undefined) {
    const message = `${layer.label}: runs as it is, so no layer of it can be pooled here`;
    throw new ConvertError('POOL_MISFIT', message, { hint: proposal(layer) });
  }
  const pooled = poolOf(layer.graph, layer.shapes, layer.node, pool);
  if (pooled === null) throw misfit(layer, pool);
  const found = { layer: config.tap, kind: pool, axes: pooled.axes };
  const assumed = pooled.isKnown
    ? []
    : [`${config.tap} ${shapeWords(layer.shape)} has its channels ${WHERE[layer.shape.length] ?? ''}`];
  return { ...model, config: withAssumed({ ...config, tap: pooledName(found), pool: found }, assumed) };
}

const WHERE: Readonly<Record<number, string>> = {
  2: 'last: [tokens, channels]',
  3: 'first: [channels, height, width]',
};

interface Layer {
  label: string;
  tap: string;
  graph: Graph;
  shapes: ReadonlyMap<string, ImageShape>;
  node: string;
  shape: ImageShape;
}

function layerOf(config: ModelConfig): Layer {
  const graph = networkGraph(config);
  const shapes = usualShapes(graph, config.preprocessing.size);
  const node = resolveTap(graph, config.tap);
  return { label: config.provenance.source, tap: config.tap, graph, shapes, node, shape: shapes.get(node)! };
}

/** @param isAsked whether a person has named the layer: then a row of any length is meant, though not a map */
function checkLength(config: ModelConfig, isAsked: boolean): void {
  const layer = layerThatFits(config);
  const values = layer?.shape.reduce((a, b) => a * b, 1) ?? 0;
  if (layer !== null && values > MAX_UNASKED && !(isAsked && layer.shape.length === 1)) throw tooLong(layer, values);
}

/** Null where the network does not take images of its size, which is told when it is written or run. */
function layerThatFits(config: ModelConfig): Layer | null {
  try {
    return layerOf(config);
  } catch (error) {
    if (error instanceof GraphError && UNFIT.has(error.code)) return null;
    throw error;
  }
}

const UNFIT: ReadonlySet<string> = new Set(['BAD_IMAGE_SIZE', 'IMAGE_TOO_SMALL', 'GRAPH_SHAPES']);

function tooLong({ label, tap, shape, node, graph, shapes }: Layer, values: number): ConvertError {
  const message =
    `${label}: the output of ${quoted(tap)} ${shapeWords(shape)} would be an embedding of ${values.toLocaleString('en')} values; ` +
    `more than ${MAX_UNASKED.toLocaleString('en')} are made only if they are asked for`;
  const own = poolOf(graph, shapes, node, 'mean');
  const pooled = own === null ? [] : [flagsOf({ tap, pool: 'mean', values: own.values })];
  const all = [...new Set([...pooled, ...proposedTaps(graph, shapes).map(flagsOf)])];
  const pools = all.length === 0 ? '' : `Pool it, or another layer: ${all.join(', or ')}. `;
  return new ConvertError('POOL_NEEDED', message, { hint: `${pools}As it is: --tap ${shellWord(tap)} --pool none.` });
}

function misfit(layer: Layer, pool: string): ConvertError {
  const needs = pool === 'cls' ? 'tokens [T, C], of which it is the first' : 'a map [C, H, W] or tokens [T, C]';
  const message = `${layer.label}: --pool ${pool} needs ${needs}; the output of ${quoted(layer.tap)} is ${shapeWords(layer.shape)}`;
  return new ConvertError('POOL_MISFIT', message, { hint: proposal(layer) });
}

function proposal({ graph, shapes }: Layer): string {
  const proposed = proposedTaps(graph, shapes).map(flagsOf);
  const all = 'image-drift inspect FILE --taps lists all layers.';
  return proposed.length === 0 ? all : `For instance ${proposed.join(', or ')}; ${all}`;
}

function shapeWords(shape: ImageShape): string {
  return `[${shape.join(', ')}]`;
}

function withAssumed(config: ModelConfig, added: readonly string[]): ModelConfig {
  const { provenance } = config;
  if (added.length === 0) return config;
  return { ...config, provenance: { ...provenance, assumed: [...(provenance.assumed ?? []), ...added] } };
}
