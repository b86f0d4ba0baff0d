/** Ends an import: drops what no output needs, and names nodes after PyTorch's modules where the file has them. */
import { type Graph, type GraphNode, nodeParameters, parameterName } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import type { OnnxNode } from '../file/onnx-model.js';
import { IMAGE } from './graph-builder.js';
import type { ImportedGraph } from './import-graph.js';

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

/** @param output node of the scores, or of the embedding where there are none */
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

// Which value is that of a PyTorch module, as a forward hook sees it. Layers folded into others have no value.

export interface ModuleValues {
  /** Module path → node. */
  known: Map<string, string>;
  /** Module path → why the file does not have its value. */
  hidden: Map<string, string>;
}

/**
 * What each module gives: the last value that is made in it and read outside.
 * @param nodeOf node of a value; null for one that is not computed
 */
export function moduleValues(nodes: readonly OnnxNode[], nodeOf: (name: string) => string | null): ModuleValues {
  const readers = readersOf(nodes);
  const runs = runsWithNorm(nodes);
  const known = new Map<string, string>();
  const hidden = new Map<string, string>();
  for (const node of nodes) {
    if (node.module === null) continue;
    for (const name of node.outputs) {
      const made = nodeOf(name);
      if (made === null) continue;
      const readBy = readers.get(name) ?? [];
      const norm = runs.get(firstRun(node)) === 1 ? foldedNorm(node, readBy) : null;
      if (norm !== null) known.set(norm, made);
      for (const path of around(moduleOf(node))) {
        if (path === '' || (readBy.length > 0 && readBy.every((reader) => isInside(moduleOf(reader), path)))) continue;
        const why = whyHidden(node, path, readBy);
        known.delete(path);
        hidden.delete(path);
        if (why === null) known.set(path, made);
        else hidden.set(path, why);
      }
    }
  }
  for (const path of runs.keys()) {
    if (known.delete(path)) hidden.set(path, WITH_NORM);
  }
  return { known, hidden };
}

/** How often each convolution runs with a batch norm folded into it: each run has filters and a number of its own. */
function runsWithNorm(nodes: readonly OnnxNode[]): Map<string, number> {
  const runs = new Map<string, number>();
  for (const node of nodes.filter(isWithNorm)) runs.set(firstRun(node), (runs.get(firstRun(node)) ?? 0) + 1);
  return runs;
}

function firstRun(node: OnnxNode): string {
  return moduleOf(node).replace(/_\d+$/, '');
}

const WITH_NORM = 'the exporter has folded a batch norm into a convolution, and the file has only the result';

function readersOf(nodes: readonly OnnxNode[]): Map<string, OnnxNode[]> {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes)
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  return readers;
}

function whyHidden(node: OnnxNode, path: string, readBy: readonly OnnxNode[]): string | null {
  if (isWithNorm(node)) return WITH_NORM;
  const [reader] = readBy;
  const isSwallowed =
    isOfNewerExporter(node) &&
    path !== moduleOf(node) &&
    readBy.length === 1 &&
    (reader!.op === 'Clip' || reader!.op === 'Relu') &&
    !isInside(moduleOf(reader!), path);
  return isSwallowed
    ? `its last activation may be part of the ${reader!.op} behind it, where the exporter puts it`
    : null;
}

/** A norm folded into a convolution leaves its name, and numbered constants. A filter alone may be a weight norm's. */
function isWithNorm({ op, name, inputs }: OnnxNode): boolean {
  return op === 'Conv' && name.startsWith('/') && isNumbered(inputs[1]) && isNumbered(inputs[2]);
}

function isNumbered(name: string | undefined): boolean {
  return name !== undefined && /^(onnx::\w+_)?\d+$/.test(name);
}

/** The batch norm of a Sequential at the only position between a convolution and its reader; null if not known. */
function foldedNorm(node: OnnxNode, readBy: readonly OnnxNode[]): string | null {
  const [, parent, position] = /^(?:(.*)\.)?(\d+)$/.exec(moduleOf(node)) ?? [];
  if (!isWithNorm(node) || parent === undefined || readBy.length === 0) return null;
  const behind = readBy.map((reader) => {
    const path = moduleOf(reader);
    return path.startsWith(`${parent}.`) ? Number(path.slice(parent.length + 1).split('.')[0]) : Number.NaN;
  });
  const isNext = behind.every((at) => at === Number(position) + 2);
  return isNext ? `${parent}.${Number(position) + 1}` : null;
}

function isOfNewerExporter({ name }: OnnxNode): boolean {
  return !name.startsWith('/');
}

function moduleOf({ module }: OnnxNode): string {
  return module ?? '';
}

/** A module and all that it is in. */
function around(path: string): string[] {
  const paths = [path];
  for (let at = path.lastIndexOf('.'); at > 0; at = path.lastIndexOf('.', at - 1)) paths.push(path.slice(0, at));
  return paths;
}

function isInside(path: string, outer: string): boolean {
  return path === outer || outer === '' || path.startsWith(`${outer}.`);
}
