/** A layer graph as a weights folder's JSON, and back, with everything checked that a file could get wrong. */
import type * as z from 'zod';
import { issueWords } from '../../base/index.js';
import type { ModelConfig, StoredAttribute, StoredGraph, StoredNode } from '../../weights/index.js';
import { buildGraph, networkSpec } from '../backbones/index.js';
import type { Graph, GraphNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { withPool } from '../pooled-tap.js';
import { ATTRIBUTES, IMAGE_ATTRIBUTES } from './attributes.js';

/** @throws GraphError `UNKNOWN_OPERATION` for an operation that cannot be stored */
export function storedGraph({ nodes, output, modules }: Graph): StoredGraph {
  const taps = [...modules].filter(([tap, node]) => tap !== node && tap !== '');
  return { nodes: nodes.map(storedNode), output, taps };
}

function storedNode(node: GraphNode): StoredNode {
  const inputs = [...node.inputs];
  if (node.op === 'input') {
    const { channels, size } = node;
    const attrs = {
      ...(channels === undefined ? {} : { channels }),
      ...(size === undefined ? {} : { size: [...size] }),
    };
    return { name: node.name, op: node.op, inputs, ...(Object.keys(attrs).length === 0 ? {} : { attrs }) };
  }
  if (!(node.op in ATTRIBUTES)) {
    throw new GraphError('UNKNOWN_OPERATION', `${node.name}: a graph with ${node.op} cannot be stored`);
  }
  const attrs = 'attrs' in node ? (node.attrs as unknown as Record<string, StoredAttribute>) : null;
  return { name: node.name, op: node.op, inputs, ...(attrs === null ? {} : { attrs }) };
}

/** @throws GraphError `GRAPH_INVALID`: an unknown operation, attribute, input or tap, or a name that is there twice */
export function graphOf({ nodes, output, taps }: StoredGraph): Graph {
  const names = new Set<string>();
  const read = nodes.map((stored, i): GraphNode => {
    if (names.has(stored.name)) throw invalid(`${stored.name} is there twice`);
    const missing = stored.inputs.find((input) => !names.has(input));
    if (missing !== undefined) throw invalid(`${stored.name} reads ${missing}, which does not come before it`);
    if ((i === 0) !== (stored.op === 'input'))
      throw invalid(`${stored.name}: the first node, and no other, is the image`);
    names.add(stored.name);
    return nodeOf(stored);
  });
  const stray = [output, ...taps.map(([, node]) => node)].find((name) => !names.has(name));
  if (stray !== undefined) throw invalid(`there is no node ${stray}`);
  const own = nodes.slice(1).map(({ name }): [string, string] => [name, name]);
  return { nodes: read, output, modules: new Map([...own, ...taps, ['', output]]) };
}

function nodeOf({ name, op, inputs, attrs }: StoredNode): GraphNode {
  if (op === 'input') {
    return { name, inputs, op, ...checked(IMAGE_ATTRIBUTES, attrs ?? {}, name) };
  }
  if (!Object.hasOwn(ATTRIBUTES, op)) throw invalid(`${name}: the operation ${op} is not known`);
  const schema = ATTRIBUTES[op as keyof typeof ATTRIBUTES];
  if (schema === null) {
    if (attrs !== undefined) throw invalid(`${name}: ${op} has no attributes`);
    return { name, inputs, op } as GraphNode;
  }
  // The table says which attributes belong to which operation, and the compiler that it is right.
  return { name, inputs, op, attrs: checked<object>(schema, attrs ?? {}, name) } as GraphNode;
}

function checked<T>(schema: z.ZodType<T>, attrs: object, name: string): T {
  const result = schema.safeParse(attrs);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${name}: ${issue?.path.join('.') ?? ''}: ${issueWords(issue?.message)}`);
}

function invalid(message: string): GraphError {
  return new GraphError('GRAPH_INVALID', `the graph of these weights: ${message.slice(0, 500)}`, {
    hint: 'Convert the network again.',
  });
}

/** @throws GraphError as `buildGraph`, `resolveTap`, and `GRAPH_INVALID` for a stored graph that is damaged */
export function networkGraph(config: ModelConfig): Graph {
  const graph = config.graph === undefined ? buildGraph(networkSpec(config)) : graphOf(config.graph);
  return config.pool === undefined ? graph : withPool(graph, config.pool);
}
