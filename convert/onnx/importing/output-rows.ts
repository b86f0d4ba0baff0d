/** The outputs of a file that are one row of values for each image, without a last softmax or sigmoid, which engines compute themselves. */
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import type { GraphBuilder } from './graph-builder.js';
import type { ImportedGraph } from './import-graph.js';
import type { ComputedValue, Value } from './value.js';

export interface Row {
  name: string;
  value: ComputedValue;
  /** What a softmax or a sigmoid was, which is left out. */
  leftOut: LastActivation | null;
}

export function rowsOf(imported: ImportedGraph, { outputs }: OnnxGraph): Row[] {
  const producers = producersOf(imported);
  return outputs.flatMap(({ name }) => {
    const own = rowOf(imported, name);
    const { source, activation } = beforeActivation(name, producers, imported);
    const before = activation === null ? null : rowOf(imported, source);
    // Several values with a sigmoid each are no classes of which one holds.
    const isLeftOut = before !== null && (activation === 'softmax' || before.shape[0] === 1);
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
function beforeActivation(
  name: string,
  producers: ReadonlyMap<string, OnnxNode>,
  { values, builder }: ImportedGraph,
): { source: string; activation: LastActivation | null } {
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
