/** Layers that are proposed as an embedding where a network's outputs are maps, boxes or tokens. */
import { shellWord } from '../base/index.js';
import type { Pool } from '../weights/index.js';
import type { Graph, GraphNode } from './graph.js';
import { sizeOf } from './operations/operation.js';
import { channelFinder, poolAlong } from './pooled-tap.js';
import type { ImageShape } from './shapes.js';

export interface ProposedTap {
  tap: string;
  pool: Pool;
  /** How long the pooled embedding is. */
  values: number;
}

/** Trunks make maps up to this much smaller than the image; what is smaller belongs to heads. */
const DEEPEST = 32;
/** Sides are rounded. */
const ROUNDED = 0.8;
/** Fewer tokens are queries, or what has been pooled already. */
const LEAST_TOKENS = 16;
/** What libraries call the part before boxes and masks are made. */
const TRUNK = /(^|\.)(backbone|encoder|body|features|trunk|vision_model)(\.|$)/;

const LEARNED: ReadonlySet<string> = new Set(['conv2d', 'convTranspose2d', 'linear', 'matmul']);

interface Candidate extends ProposedTap {
  /** Pixels or tokens. */
  positions: number;
  isMap: boolean;
}

/**
 * The end of the trunk, before maps are enlarged for boxes or masks, and the last tokens.
 * @param shapes of all nodes @param names of taps that are modules of a program; left out: all are
 */
export function proposedTaps(
  graph: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  names: Iterable<string> = graph.modules.keys(),
): ProposedTap[] {
  const learned = learnedNodes(graph.nodes);
  const own = candidates(graph, shapes, learned, names);
  const all = own.length > 0 ? own : candidates(graph, shapes, learned, graph.modules.keys());
  const found = [deepestMap(all, imagePixels(graph.nodes, shapes, learned)), lastTokens(all)];
  return found.flatMap((each) => (each === null ? [] : [{ tap: each.tap, pool: each.pool, values: each.values }]));
}

/**
 * Whether a layer of a network with a decoder or boxes may be what it predicts, not what it sees: no weights are behind it.
 * @param trunk nodes of the proposed taps @param hasBoxes whether the network is known to give boxes or masks
 */
export function isPrediction(
  { nodes }: Pick<Graph, 'nodes'>,
  shapes: ReadonlyMap<string, ImageShape>,
  node: string,
  trunk: ReadonlySet<string>,
  hasBoxes: boolean,
): boolean {
  const reads = (from: ReadonlySet<string>) =>
    nodesBehind(nodes, ({ inputs }) => inputs.some((name) => from.has(name)));
  if (trunk.has(node) || !reads(trunk).has(node)) return false;
  const after = reads(new Set([node]));
  if (nodes.some(({ name, op }) => after.has(name) && LEARNED.has(op))) return false;
  return hasBoxes || enlargedNodes(nodes, shapes, learnedNodes(nodes)).has(node);
}

function candidates(
  graph: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  learned: ReadonlySet<string>,
  names: Iterable<string>,
): Candidate[] {
  const channel = channelFinder(graph, shapes);
  const enlarged = enlargedNodes(graph.nodes, shapes, learned);
  const order = new Map(graph.nodes.map(({ name }, at) => [name, at]));
  const taps = [...names].filter((tap) => tap !== '').map((tap) => ({ tap, node: graph.modules.get(tap)! }));
  return taps
    .filter(({ node }) => learned.has(node) && !enlarged.has(node))
    .sort((a, b) => order.get(a.node)! - order.get(b.node)!)
    .flatMap(({ tap, node }) => {
      const shape = shapes.get(node)!;
      const place = channel(node);
      const isMap = shape.length === 3;
      const pool = place === null || !(isMap || place === 1) ? null : poolAlong(shape, place, 'mean');
      if (pool === null || shape.length > 3) return [];
      const positions = sizeOf(shape) / pool.values;
      return [{ tap, pool: 'mean' as const, values: pool.values, positions, isMap }];
    });
}

/** Nodes behind the first weights. Those before them are the image: detectors resize and normalise it themselves. */
function learnedNodes(nodes: readonly GraphNode[]): Set<string> {
  return nodesBehind(nodes, ({ op }) => LEARNED.has(op));
}

/** Nodes behind a map that was made larger: necks and decoders. */
function enlargedNodes(
  nodes: readonly GraphNode[],
  shapes: ReadonlyMap<string, ImageShape>,
  learned: ReadonlySet<string>,
): Set<string> {
  const isLarger = ({ name, inputs: [from] }: GraphNode) =>
    learned.has(from!) && pixelsOf(shapes.get(name)!) > pixelsOf(shapes.get(from!)!);
  return nodesBehind(nodes, (node) => node.op === 'convTranspose2d' || (node.op === 'resize' && isLarger(node)));
}

/** Those that `begins` holds for, and all that read them. */
function nodesBehind(nodes: readonly GraphNode[], begins: (node: GraphNode) => boolean): Set<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    if (begins(node) || node.inputs.some((input) => found.has(input))) found.add(node.name);
  }
  return found;
}

/** How many pixels the image has as the first weights read it. */
function imagePixels(
  nodes: readonly GraphNode[],
  shapes: ReadonlyMap<string, ImageShape>,
  learned: ReadonlySet<string>,
): number {
  const first = nodes.find(({ name, inputs }) => learned.has(name) && inputs.some((input) => !learned.has(input)));
  return pixelsOf(shapes.get(first?.inputs[0] ?? nodes[0]!.name)!);
}

function pixelsOf([, ...sides]: ImageShape): number {
  return sizeOf(sides);
}

function deepestMap(all: readonly Candidate[], image: number): Candidate | null {
  const least = Math.max(2, (ROUNDED * image) / DEEPEST ** 2);
  const maps = all.filter(({ isMap, positions }) => isMap && positions >= least);
  const smallest = Math.min(...maps.map(({ positions }) => positions));
  return bestKnown(maps.filter(({ positions }) => positions === smallest));
}

function lastTokens(all: readonly Candidate[]): Candidate | null {
  return bestKnown(all.filter(({ isMap, positions }) => !isMap && positions >= LEAST_TOKENS));
}

/** The last with the most channels, of the outermost modules, in the trunk if one is called so. */
function bestKnown(all: readonly Candidate[]): Candidate | null {
  const named = all.filter(({ tap }) => TRUNK.test(tap));
  const from = named.length > 0 ? named : all;
  const depth = Math.min(...from.map(({ tap }) => depthOf(tap)));
  const outer = from.filter(({ tap }) => depthOf(tap) === depth);
  const most = Math.max(...outer.map(({ values }) => values));
  return outer.findLast(({ values }) => values === most) ?? null;
}

function depthOf(tap: string): number {
  return tap.split(/[./]/).length;
}

/** `--tap backbone.layer4 --pool mean (512 values)`, ready to be pasted. */
export function flagsOf({ tap, pool, values }: ProposedTap): string {
  return `--tap ${shellWord(tap)} --pool ${pool} (${values.toLocaleString('en')} values)`;
}
