/** Which of a graph's outputs has the classes, and what is the embedding if nobody says. */
import type { GraphNode } from '../../../graph/index.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import type { ImportedGraph } from './import-graph.js';
import type { ComputedValue, Value } from './value.js';

export interface NetworkOutput {
  /** Node of the scores before the softmax, or of the embedding. */
  node: string;
  /** How many classes it has; 0: it is the embedding. */
  classes: number;
  /** Whether its one class had a sigmoid, which is left out like a softmax. */
  isProbability: boolean;
  assumed: string[];
  /** Whether everything that the output needs is supported. */
  isWhole: boolean;
}

export interface FoundOutput extends NetworkOutput {
  /** Name and node of the embedding. */
  tap: string;
  tapNode: string;
}

/** Modules that end in one score for each class, as torchvision, timm and transformers name them. */
export const HEADS = /(^|\.)(fc|classifier|head|heads|logits|pre_logits)(\.|$)/;
/** Names that exporters and people give to scores. */
export const SCORE_NAMES = /logit|score|prob|class|softmax/i;

/** The output that is one row for each image: the scores if there are some, otherwise the first. Null if there is none. */
export function findOutput(
  imported: ImportedGraph,
  { outputs }: OnnxGraph,
  taps: ReadonlyMap<string, string>,
  hasClasses: boolean | undefined,
): FoundOutput | null {
  const producers = producersOf(imported);
  const rows = outputs.flatMap(({ name }) => {
    const { source, activation } = beforeActivation(name, producers);
    const before = rowOf(imported, source);
    // Several values with a sigmoid each are no classes of which one holds.
    const isWhole = activation === 'sigmoid' && before?.shape[0] !== 1;
    const [value, leftOut] = isWhole ? [rowOf(imported, name), null] : [before, activation];
    return value === null ? [] : [{ name, value, leftOut }];
  });
  const found = rows.find(({ name, leftOut }) => leftOut !== null || SCORE_NAMES.test(name)) ?? rows[0];
  if (found === undefined) return null;
  const { name, value, leftOut } = found;
  const output = describe(imported, name, value, taps, hasClasses ?? (leftOut === null ? undefined : true));
  return { ...output, isProbability: leftOut === 'sigmoid' && output.classes === 1 };
}

/** A value of an output, if it is one row for each image. */
function rowOf({ values }: ImportedGraph, name: string): ComputedValue | null {
  const value = values.get(`${name}${ROW}`) ?? values.get(name);
  const isRow = value?.kind === 'computed' && value.batch === 0 && !value.merged && value.shape.length === 1;
  return isRow ? value : null;
}

/** Behind the name of a value that has been made a row. */
const ROW = ':row';

/** Outputs that have axes of size 1 behind the classes, `[N, 1000, 1, 1]`, also as rows. */
export function addRows(imported: ImportedGraph, { outputs }: OnnxGraph): ImportedGraph {
  const producers = producersOf(imported);
  const names = outputs.flatMap(({ name }) => {
    const { source, activation } = beforeActivation(name, producers);
    // Only what is behind a sigmoid may be the output as it is.
    return activation === 'sigmoid' ? [source, name] : [source];
  });
  const rows = names.flatMap((name): [string, Value][] => {
    const value = imported.values.get(name);
    if (value?.kind !== 'computed' || value.batch !== 0 || value.merged) return [];
    const isLong = value.shape.length > 1 && value.shape.slice(1).every((size) => size === 1);
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

/** An engine computes the softmax itself, so the one of the file is left out. */
function beforeActivation(
  name: string,
  producers: ReadonlyMap<string, OnnxNode>,
): { source: string; activation: LastActivation | null } {
  const { op = '', inputs = [] } = producers.get(name) ?? {};
  if (op === 'Identity') return beforeActivation(inputs[0] ?? '', producers);
  const activation = ACTIVATIONS[op] ?? null;
  return { source: activation === null ? name : (inputs[0] ?? ''), activation };
}

function describe(
  { builder }: ImportedGraph,
  name: string,
  { node, shape }: ComputedValue,
  taps: ReadonlyMap<string, string>,
  isScores: boolean | undefined,
): FoundOutput {
  const nodes = new Map(builder.nodes.map((each) => [each.name, each]));
  const last = throughIdentity(nodes, node);
  const isLinear = last.op === 'linear';
  const isHead = isLinear && (last.attrs.bias || namesOf(last.name, taps).some((tap) => HEADS.test(tap)));
  const classes = (isScores ?? (isHead || SCORE_NAMES.test(name))) ? shape[0]! : 0;
  const output = { node, classes, isProbability: false, isWhole: true };
  if (classes === 0) {
    const assumed = isScores === undefined ? [`the output ${name} is an embedding without classes (--classes)`] : [];
    return { ...output, assumed, tap: tapOf(node, taps) ?? name, tapNode: node };
  }
  const assumed = isScores === undefined ? [`the output ${name} has one score for each class (--head none)`] : [];
  const features = isLinear ? featuresOf(nodes, last, taps) : node;
  // A node that no value of the file names, such as a map put into another order, is a layer under its own name.
  return { ...output, assumed, tap: tapOf(features, taps) ?? features, tapNode: features };
}

function throughIdentity(nodes: ReadonlyMap<string, GraphNode>, name: string): GraphNode {
  const node = nodes.get(name)!;
  return node.op === 'identity' ? throughIdentity(nodes, node.inputs[0]!) : node;
}

/** What the last Linear reads: the pooling, where only its shape is changed between and a tap may name it. */
function featuresOf(
  nodes: ReadonlyMap<string, GraphNode>,
  linear: GraphNode,
  taps: ReadonlyMap<string, string>,
): string {
  const read = linear.inputs[0]!;
  let node = nodes.get(read)!;
  while (node.op === 'identity' || node.op === 'flatten' || node.op === 'reshape') node = nodes.get(node.inputs[0]!)!;
  return node.op === 'adaptiveAvgPool2d' && tapOf(node.name, taps) !== null ? node.name : read;
}

/** A module before a value. */
function tapOf(node: string, taps: ReadonlyMap<string, string>): string | null {
  return namesOf(node, taps)[0] ?? null;
}

function namesOf(node: string, taps: ReadonlyMap<string, string>): string[] {
  return [...taps].filter(([name, of]) => of === node && name !== '').map(([name]) => name);
}
