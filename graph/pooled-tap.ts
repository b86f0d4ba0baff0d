/** A layer's output as one row: the mean or the largest value of each channel, or the first token. */
import { type Pool, pooledName, type TapPool } from '../weights/index.js';
import type { ComputedNode, Graph, GraphNode } from './graph.js';
import { sizeOf } from './operations/operation.js';
import type { ImageShape } from './shapes.js';
import { resolveTap } from './taps.js';

/** The graph with a node that pools, which the tap `LAYER:KIND` names. @throws GraphError `UNKNOWN_TAP` */
export function withPool(graph: Graph, pool: TapPool): Graph {
  const tap = pooledName(pool);
  const names = new Set(graph.nodes.map(({ name }) => name));
  let name = tap;
  while (names.has(name)) name += ':2';
  const node = { name, inputs: [resolveTap(graph, pool.layer)], ...poolingOp(pool) };
  const others = [...graph.modules].filter(([path]) => path !== tap);
  return { ...graph, nodes: [...graph.nodes, node], modules: new Map([[tap, name], ...others]) };
}

function poolingOp({ kind, axes }: TapPool) {
  if (kind === 'cls') return { op: 'select' as const, attrs: { axis: axes[0]!, index: 0 } };
  return { op: 'reduce' as const, attrs: { function: kind, axes, keepDims: false } };
}

/** What pools the output of a layer. */
export interface PoolOfLayer {
  axes: number[];
  /** How many channels are left. */
  values: number;
  /** Whether the graph shows which axis has the channels; otherwise the first of a map, the last of tokens. */
  isKnown: boolean;
}

/** @param shapes of all nodes. @returns null where the output cannot be pooled this way */
export function poolOf(
  graph: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  node: string,
  kind: Pool,
): PoolOfLayer | null {
  const shape = shapes.get(node)!;
  const found = channelFinder(graph, shapes)(node);
  return poolAlong(shape, found, kind);
}

const TOKENS = 2;
const MAP = 3;

export function poolAlong(shape: ImageShape, found: number | null, kind: Pool): PoolOfLayer | null {
  const usual = shape.length === TOKENS ? 1 : shape.length === MAP ? 0 : null;
  const place = found ?? usual;
  if (place === null || shape.length < TOKENS || (kind === 'cls' && shape.length !== TOKENS)) return null;
  const axes = shape.flatMap((_, i) => (i === place ? [] : [i + 1]));
  return { axes, values: shape[place]!, isKnown: found !== null };
}

type FindChannel = (node: string) => number | null;

/** Finds the place in a node's shape that has the channels; null where no layer shows it. */
export function channelFinder({ nodes }: Pick<Graph, 'nodes'>, shapes: ReadonlyMap<string, ImageShape>): FindChannel {
  const places = new Map<string, number | null>();
  for (const node of nodes)
    places.set(
      node.name,
      channelOf(node, shapes, (name) => places.get(name) ?? null),
    );
  return (node) => places.get(node) ?? null;
}

/** Layers whose channels are the first axis, and those whose features are the last. */
const FIRST: ReadonlySet<GraphNode['op']> = new Set([
  ...(['input', 'conv2d', 'convTranspose2d', 'batchNorm2d', 'maxPool2d', 'avgPool2d', 'adaptiveAvgPool2d'] as const),
  ...(['adaptiveMaxPool2d', 'groupNorm', 'localResponseNorm', 'pixelShuffle', 'prelu', 'resize'] as const),
]);
const LAST: ReadonlySet<GraphNode['op']> = new Set(['linear', 'layerNorm', 'attention', 'matmul']);

function channelOf(node: GraphNode, shapes: ReadonlyMap<string, ImageShape>, channel: FindChannel): number | null {
  const shape = shapes.get(node.name)!;
  if (FIRST.has(node.op)) return 0;
  if (LAST.has(node.op)) return shape.length - 1;
  const before = node.inputs.map(channel).findIndex((place) => place !== null);
  if (before < 0) return null;
  const from = shapes.get(node.inputs[before]!)!;
  return movedChannel(node as ComputedNode, from, shape, channel(node.inputs[before]!)!);
}

/** Where the channel at `place` of the input goes. */
function movedChannel(node: ComputedNode, from: ImageShape, to: ImageShape, place: number): number | null {
  switch (node.op) {
    case 'permute':
      return node.attrs.axes.indexOf(place + 1);
    case 'reshape':
    case 'flatten':
      return reshapedChannel(from, to, place);
    case 'select':
    case 'reduce': {
      const gone = node.op === 'select' ? [node.attrs.axis] : node.attrs.axes;
      if (gone.includes(place + 1)) return null;
      return from.length === to.length ? place : place - gone.filter((axis) => axis <= place).length;
    }
    default:
      return from.length === to.length ? place : null;
  }
}

/** The axis of the same size behind as many values; null where the channels are split or joined with others. */
function reshapedChannel(from: ImageShape, to: ImageShape, place: number): number | null {
  const before = sizeOf(from.slice(0, place));
  const found = to.findIndex((size, i) => size === from[place] && sizeOf(to.slice(0, i)) === before);
  return found < 0 ? null : found;
}
