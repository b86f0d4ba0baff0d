/** Outputs that are one row for each image, and what they are: features, scores, or what only a person can tell. */
import type { ComputedNode, GraphNode } from '../../../graph/index.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import type { GraphBuilder } from './graph-builder.js';
import type { ImportedGraph } from './import-graph.js';
import type { ComputedValue, Value } from './value.js';

/** `open` and `probabilities` have words for the question; `linear`: one of the Linears that the output comes from. */
export type Meaning =
  | { kind: 'features' }
  | { kind: 'linear'; linear: ComputedNode }
  | { kind: 'open'; why: string; linear: ComputedNode | null }
  | { kind: 'probabilities'; why: string };

export interface Layers {
  node(name: string): GraphNode;
  shapeOf(name: string): readonly number[];
  /** Whether a batch norm follows a Linear that has its name. */
  isWithNorm(name: string): boolean;
}

export function meaningOf(output: string, layers: Layers): Meaning {
  const last = unchanged(output, layers);
  const leaves = [...leavesOf(output, layers, new Set())].map(layers.node);
  if (leaves.length === 0) return { kind: 'features' };
  if (leaves.every(({ op }) => op === 'softmax')) {
    return { kind: 'probabilities', why: 'is computed from the softmax of several outputs' };
  }
  if (leaves.every(isSigmoid)) return { kind: 'probabilities', why: 'has a sigmoid for each value' };
  if (!leaves.every((leaf) => isProduct(leaf, layers))) return { kind: 'features' };
  const linear = leaves[0] as ComputedNode;
  const isOfOne = new Set(leaves.map((leaf) => unchanged((leaf as ComputedNode).inputs[0]!, layers).name)).size === 1;
  if (last !== linear)
    return {
      kind: 'open',
      why: 'is a product with a matrix that is then scaled or added up',
      linear: isOfOne ? linear : null,
    };
  if (linear.op !== 'linear') return { kind: 'open', why: 'is a convolution of one pixel', linear };
  if (layers.isWithNorm(linear.name)) return { kind: 'features' };
  const isCosine = !linear.attrs.bias && isNormalised(linear.inputs[0]!, layers);
  return isCosine
    ? { kind: 'open', why: 'compares features of length 1 with a matrix', linear }
    : { kind: 'linear', linear };
}

/** The layer that gives a value whose shape alone was changed. */
export function unchanged(name: string, layers: Layers): GraphNode {
  const node = layers.node(name);
  const isSame = node.op === 'identity' || node.op === 'flatten' || node.op === 'reshape';
  return isSame ? unchanged(node.inputs[0]!, layers) : node;
}

const COMBINING: ReadonlySet<GraphNode['op']> = new Set(['add', 'sub', 'mul', 'div', 'concat', 'reduce']);

/** The layers that a value is scaled, shifted or averaged from. */
function leavesOf(name: string, layers: Layers, seen: Set<string>): Set<string> {
  const node = unchanged(name, layers);
  if (seen.has(node.name) || node.op === 'parameter') return new Set();
  seen.add(node.name);
  if (!COMBINING.has(node.op)) return new Set([node.name]);
  return new Set(node.inputs.flatMap((input) => [...leavesOf(input, layers, seen)]));
}

function isSigmoid(node: GraphNode): boolean {
  return node.op === 'pointwise' && (node.attrs.function === 'sigmoid' || node.attrs.function === 'hardsigmoid');
}

function isProduct(node: GraphNode, { shapeOf }: Layers): boolean {
  if (node.op === 'linear') return shapeOf(node.name).length === 1;
  return node.op === 'conv2d' && shapeOf(node.name).slice(1).join() === '1,1';
}

/** Whether a value was divided by its own length. */
function isNormalised(name: string, layers: Layers): boolean {
  const node = unchanged(name, layers);
  if (node.op === 'normalize') return true;
  if (node.op !== 'div' && node.op !== 'mul') return false;
  const [value, divisor] = node.inputs as [string, string];
  if (isLength(divisor, layers) || isNormalised(value, layers)) return true;
  return node.op === 'mul' && (isLength(value, layers) || isNormalised(divisor, layers));
}

/** Whether a value is the root of a sum of squares, or its inverse. */
function isLength(name: string, layers: Layers): boolean {
  const node = unchanged(name, layers);
  if (node.op === 'reduce') return node.attrs.function === 'l2' || node.attrs.function === 'sum';
  const isOnTheWay = node.op === 'pointwise' || node.op === 'maximum' || node.op === 'add' || node.op === 'expand';
  return isOnTheWay && isLength(node.inputs[0]!, layers);
}

export interface Row {
  name: string;
  value: ComputedValue;
  /** What a softmax or a sigmoid was, which is left out. */
  leftOut: LastActivation | null;
}

/** @param areLabels whether several sigmoids are scores of labels; otherwise they are the embedding */
export function rowsOf(imported: ImportedGraph, { outputs }: OnnxGraph, areLabels: boolean): Row[] {
  const producers = producersOf(imported);
  return outputs.flatMap(({ name }) => {
    const own = rowOf(imported, name);
    const { source, activation } = beforeActivation(name, producers, imported);
    const before = activation === null ? null : rowOf(imported, source);
    const isLeftOut = before !== null && (activation === 'softmax' || areLabels || before.shape[0] === 1);
    if (isLeftOut) return [{ name, value: before, leftOut: activation }];
    return own === null ? [] : [{ name, value: own, leftOut: null }];
  });
}

/** A value of an output, if it is one row for each image. */
function rowOf({ values }: ImportedGraph, name: string): ComputedValue | null {
  const value = values.get(`${name}${ROW}`) ?? values.get(name);
  const isRow = value?.kind === 'computed' && value.batch === 0 && !value.merged && value.shape.length === 1;
  return isRow ? value : null;
}

/** Behind the name of a value that has been made a row. */
const ROW = ':row';

/** Outputs that have axes of size 1 behind the classes, `[N, 1000, 1, 1]`, or no axis but the batch, also as rows. */
export function addRows(imported: ImportedGraph, { outputs }: OnnxGraph): ImportedGraph {
  const producers = producersOf(imported);
  const names = outputs.flatMap(({ name }) => {
    const { source, activation } = beforeActivation(name, producers, imported);
    return activation === null ? [name] : [source, name];
  });
  const rows = names.flatMap((name): [string, Value][] => {
    const value = imported.values.get(name);
    if (value?.kind !== 'computed' || value.batch !== 0 || value.merged) return [];
    // `[N]` is one value for each image.
    const isLong = value.shape.length !== 1 && value.shape.slice(1).every((size) => size === 1);
    return isLong ? [[`${name}${ROW}`, imported.builder.add(`${name}${ROW}`, { op: 'flatten' }, [value])]] : [];
  });
  return { ...imported, values: new Map([...imported.values, ...rows]) };
}

function producersOf({ nodes }: ImportedGraph): Map<string, OnnxNode> {
  return new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}

type LastActivation = 'softmax' | 'sigmoid';

const ACTIVATIONS: Readonly<Record<string, LastActivation>> = {
  Softmax: 'softmax',
  LogSoftmax: 'softmax',
  Sigmoid: 'sigmoid',
};

/** They change the form of a value, not what it says. */
const SAME: ReadonlySet<string> = new Set(['Identity', 'Flatten', 'Reshape', 'Squeeze']);

/** An engine computes the softmax itself, so the one of the file is left out, if it is over all values of an image. */
function beforeActivation(name: string, producers: ReadonlyMap<string, OnnxNode>, { values, builder }: ImportedGraph) {
  let made = name;
  let node = producers.get(made);
  while (node !== undefined && SAME.has(node.op)) {
    made = node.inputs[0] ?? '';
    node = producers.get(made);
  }
  const activation = ACTIVATIONS[node?.op ?? ''] ?? null;
  const value = values.get(made);
  // A softmax that cannot be imported, such as one over the images of a batch, cannot be left out either.
  if (activation === null || value?.kind !== 'computed') return { source: name, activation: null };
  const isWhole = activation === 'sigmoid' || isOverAll(value, builder);
  return isWhole ? { source: node!.inputs[0] ?? '', activation } : { source: name, activation: null };
}

function isOverAll({ node, shape }: ComputedValue, { nodes }: GraphBuilder): boolean {
  const byName = new Map(nodes.map((each) => [each.name, each]));
  let last = byName.get(node)!;
  while (last.op !== 'softmax' && last.inputs.length > 0) last = byName.get(last.inputs[0]!)!;
  const all = shape.reduce((a, b) => a * b, 1);
  return last.op === 'softmax' && (shape.length === 1 || shape[last.attrs.axis - 1] === all);
}
