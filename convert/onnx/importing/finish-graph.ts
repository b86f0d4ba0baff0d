/**
 * Ends an import: leaves out what no output needs, and gives nodes the names of PyTorch's modules where the exporter wrote
 * them down. A tap may be named by module or by the name that the file has for a value.
 */
import { type Graph, type GraphNode, nodeParameters, parameterName } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { IMAGE } from './graph-builder.js';
import type { ImportedGraph } from './import-graph.js';
import { moduleValues } from './module-values.js';

export interface FinishedGraph {
  graph: Graph;
  tensors: Map<string, Tensor>;
}

/** Node names by the names of taps: modules, and values of the file where no module has that name. */
export function tapNames({ builder, values, nodes }: ImportedGraph): Map<string, string> {
  const taps = moduleValues(nodes, computedNode(values)).known;
  for (const [name, value] of values) {
    if (value.kind === 'computed' && value.node !== IMAGE && name !== '' && !taps.has(name)) taps.set(name, value.node);
  }
  // Some values are gone: a product whose bias is part of it now.
  const left = new Set(builder.nodes.map((node) => node.name));
  return new Map([...taps].filter(([, node]) => left.has(node)));
}

/**
 * @param output node of the scores, or of the embedding where there are none
 * @param kept nodes that must stay, `output` among them
 */
export function finishGraph(
  imported: ImportedGraph,
  taps: ReadonlyMap<string, string>,
  output: string,
  kept: ReadonlySet<string>,
): FinishedGraph {
  const { builder } = imported;
  const nodes = needed(builder.nodes, kept);
  const names = newNames(nodes, moduleValues(imported.nodes, computedNode(imported.values)).known);
  const rename = (name: string) => names.get(name) ?? name;
  const modules = [...taps]
    .filter(([, node]) => names.has(node))
    .map(([path, node]): [string, string] => [path, rename(node)]);
  const tensors = new Map<string, Tensor>();
  for (const node of nodes) {
    for (const part of nodeParameters(node).keys()) {
      tensors.set(parameterName(rename(node.name), part), builder.tensors.get(parameterName(node.name, part))!);
    }
  }
  return {
    graph: {
      nodes: nodes.map((node) => ({ ...node, name: rename(node.name), inputs: node.inputs.map(rename) })),
      output: rename(output),
      modules: new Map([...modules, ['', rename(output)]]),
    },
    tensors,
  };
}

/** The image, and all nodes that the kept ones are computed from. */
function needed(nodes: readonly GraphNode[], kept: ReadonlySet<string>): GraphNode[] {
  const wanted = new Set([IMAGE, ...kept]);
  for (const node of nodes.toReversed()) {
    if (wanted.has(node.name)) for (const input of node.inputs) wanted.add(input);
  }
  return nodes.filter(({ name }) => wanted.has(name));
}

/** Every node's new name: the innermost module whose output it gives, or the name that it has. */
function newNames(nodes: readonly GraphNode[], modules: ReadonlyMap<string, string>): Map<string, string> {
  const innermost = new Map<string, string>();
  for (const [path, node] of modules) {
    if (path !== '' && path.length > (innermost.get(node)?.length ?? 0)) innermost.set(node, path);
  }
  const taken = new Set(nodes.map(({ name }) => name));
  const names = new Map<string, string>();
  for (const { name } of nodes) {
    const path = innermost.get(name) ?? name;
    names.set(name, path === name || taken.has(path) ? name : path);
    taken.add(names.get(name)!);
  }
  return names;
}

/** Why a module has no value of its own in the file; null for one that has, or that the file does not have. */
export function hiddenModule({ values, nodes }: ImportedGraph, path: string): string | null {
  return moduleValues(nodes, computedNode(values)).hidden.get(path) ?? null;
}

function computedNode(values: ImportedGraph['values']): (name: string) => string | null {
  return (name) => {
    const value = values.get(name);
    return value?.kind === 'computed' && value.node !== IMAGE ? value.node : null;
  };
}
