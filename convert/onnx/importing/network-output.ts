/** Which of a graph's outputs has the classes, and what is the embedding if nobody says. */
import { quoted } from '../../../base/index.js';
import type { ComputedNode } from '../../../graph/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import type { ImportedGraph } from './import-graph.js';
import { type Layers, type Meaning, meaningOf, type Row, rowsOf, unchanged } from './output-meaning.js';

export interface NetworkOutput {
  /** Node of the scores before the softmax, or of the embedding. */
  node: string;
  /** How many classes it has; 0: it is the embedding. */
  classes: number;
  /** Whether its one class had a sigmoid, which is left out like a softmax. */
  isProbability: boolean;
  /** Whether each of its classes had one: labels of which several may hold. */
  isMultiLabel: boolean;
  assumed: string[];
  /** Whether everything that the output needs is supported. */
  isWhole: boolean;
  /** Names of outputs that are left out, where no output gives scores. */
  notRead?: readonly string[];
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

export interface OutputOptions {
  /** Whether the output has classes; left out: as the file shows. */
  hasClasses?: boolean | undefined;
  /** The output or module with the scores, by its name. */
  head?: string | undefined;
  /** Whether somebody says that several labels may hold. */
  multiLabel?: boolean | undefined;
}

/**
 * The output with a row for each image: the scores if there are some, otherwise the first; or null.
 * @throws ConvertError `HEAD_AMBIGUOUS`, `HEAD_NOT_FOUND`
 */
export function findOutput(
  imported: ImportedGraph,
  graph: OnnxGraph,
  taps: ReadonlyMap<string, string>,
  { hasClasses, head, multiLabel }: OutputOptions,
  label: string,
): FoundOutput | null {
  const layers = layersOf(imported);
  const rows = rowsOf(imported, graph, hasClasses !== false);
  const found =
    head === undefined
      ? chosenRow(rows, layers, taps, hasClasses, label)
      : headNamed(head, rows, imported, taps, label);
  if (found === null) return null;
  const { leftOut } = found;
  if (multiLabel && leftOut === 'softmax') throw softmaxOfLabels(label, found.name);
  const isSaid = head !== undefined || leftOut !== null || multiLabel === true;
  const isScores = hasClasses ?? (isSaid ? true : undefined);
  const output = describe(found, layers, taps, isScores, label);
  const isSigmoid = leftOut === 'sigmoid' && output.classes > 0;
  const isMultiLabel = multiLabel === true || (isSigmoid && output.classes > 1);
  const assumed = isMultiLabel && !multiLabel ? [...output.assumed, sigmoidsAre(found.name)] : output.assumed;
  return { ...output, isProbability: isSigmoid && !isMultiLabel, isMultiLabel, assumed };
}

/** A file says what its sigmoids compute, not what they are of. */
export function sigmoidsAre(name: string): string {
  return `the sigmoids of the output ${name} are scores of labels of which several may hold (--head none)`;
}

/** @returns the error for `--multi-label` with a file in which one class holds */
export function softmaxOfLabels(label: string, output: string): ConvertError {
  const message = `${label}: the output ${quoted(output.slice(0, 100))} ends in a softmax, in which one class holds, and --multi-label says that several may`;
  return new ConvertError('MULTI_LABEL_SOFTMAX', message, {
    hint: 'Leave --multi-label out, or export the network without the softmax.',
  });
}

/** @throws ConvertError `HEAD_AMBIGUOUS` where several outputs may have the scores */
function chosenRow(
  all: readonly Row[],
  layers: Layers,
  taps: ReadonlyMap<string, string>,
  hasClasses: boolean | undefined,
  label: string,
): Row | null {
  const isFeatures = (row: Row) =>
    row.leftOut === null && !SCORE_NAMES.test(row.name) && all.some((other) => isBefore(row, other, layers));
  const rows = all.filter((row, i) => !isFeatures(row) && isFirstOf(all, row, i));
  const marked = rows.filter((row) => isMarked(row, layers, taps));
  const [first, ...others] = marked.length > 0 ? marked : rows;
  if (others.length === 0) return first ?? null;
  const values = [first!, ...others].map(({ name, value }) => ({ name, count: value.shape[0]! }));
  throw severalOutputs(label, values, hasClasses);
}

/** Asks which output has the scores, or is the embedding. */
export function severalOutputs(
  label: string,
  outputs: readonly { name: string; count: number }[],
  hasClasses: boolean | undefined,
): ConvertError {
  const shown = outputs.slice(0, MAX_SHOWN).map(({ name, count }) => `${quoted(name.slice(0, 100))} [N, ${count}]`);
  const more = outputs.length > MAX_SHOWN ? `, and ${outputs.length - MAX_SHOWN} more` : '';
  const what = `${label}: several outputs may be the one that is meant: ${shown.join(', ')}${more}`;
  return new ConvertError('HEAD_AMBIGUOUS', what, {
    hint:
      hasClasses === false
        ? 'Say which is the embedding: --tap NAME.'
        : 'Say which one has the scores: --head NAME. For embeddings without scores: --head none --tap NAME.',
  });
}

/** Outputs that are told where several may be meant. */
const MAX_SHOWN = 20;

/** Scores and their softmax may both be outputs: one of them is enough. */
function isFirstOf(rows: readonly Row[], { value, leftOut }: Row, i: number): boolean {
  const same = rows.filter((row) => row.value.node === value.node);
  const best = same.find((row) => row.leftOut !== null) ?? same[0]!;
  return rows[i] === best || (same.length === 1 && leftOut === null);
}

function isMarked({ name, value, leftOut }: Row, layers: Layers, taps: ReadonlyMap<string, string>): boolean {
  const meaning = meaningOf(value.node, layers);
  // Several sigmoids may also be weights of parts of an image.
  const isActivated = leftOut === 'softmax' || (leftOut === 'sigmoid' && value.shape[0] === 1);
  return isActivated || SCORE_NAMES.test(name) || (meaning.kind === 'linear' && isHead(meaning.linear, taps));
}

/** Whether one output is computed from another, as scores are from features. */
function isBefore(row: Row, other: Row, layers: Layers): boolean {
  const wanted = unchanged(row.value.node, layers).name;
  const seen = new Set([unchanged(other.value.node, layers).name]);
  if (seen.has(wanted)) return false;
  // A set goes on with what is added while it is walked through.
  for (const name of seen) for (const input of layers.node(name).inputs) seen.add(input);
  return seen.has(wanted);
}

function headNamed(
  head: string,
  rows: readonly Row[],
  imported: ImportedGraph,
  taps: ReadonlyMap<string, string>,
  label: string,
): Row {
  const named = rows.find(({ name }) => name === head);
  if (named !== undefined) return named;
  const node = taps.get(head);
  const shape = node === undefined ? [] : imported.builder.shapeOf(node);
  if (node !== undefined && shape.length === 1) {
    return { name: head, value: imported.builder.valueOf(node, { batch: 0, merged: false }), leftOut: null };
  }
  throw imported.problems.isEmpty ? noHead(label, head, rows) : imported.problems.error(label);
}

export function noHead(label: string, head: string, rows: readonly { name: string }[]): ConvertError {
  const known = rows.map(({ name }) => quoted(name.slice(0, 100))).slice(0, MAX_SHOWN);
  const what = `${label}: no output or layer with a row for each image is called ${quoted(head)}`;
  return new ConvertError('HEAD_NOT_FOUND', what, {
    hint:
      known.length === 0 ? 'No output is one.' : `Its outputs are ${known.join(', ')}; --head none takes no scores.`,
  });
}

function layersOf({ builder, nodes: ofFile }: ImportedGraph): Layers {
  const nodes = new Map(builder.nodes.map((node) => [node.name, node]));
  const changed = new Set(ofFile.filter(isWithNorm).flatMap(({ outputs }) => outputs));
  return {
    node: (name) => nodes.get(name)!,
    shapeOf: (name) => builder.shapeOf(name),
    isWithNorm: (name) => changed.has(name),
  };
}

/** Whether a batch norm was folded into a Linear: the operator is then the norm's, and the matrix the Linear's. */
function isWithNorm({ op, module, inputs }: OnnxNode): boolean {
  const owner = /^(.+)\.weight$/.exec(inputs[1] ?? '')?.[1];
  return op === 'Gemm' && module !== null && module !== '' && owner !== undefined && owner !== module;
}

/** @throws ConvertError `HEAD_AMBIGUOUS` */
function describe(
  { name, value: { node, shape } }: Row,
  layers: Layers,
  taps: ReadonlyMap<string, string>,
  isScores: boolean | undefined,
  label: string,
): FoundOutput {
  const meaning = meaningOf(node, layers);
  if (isScores !== false) checkMeaning(meaning, name, shape[0]!, isScores === true || SCORE_NAMES.test(name), label);
  const isClassifier = SCORE_NAMES.test(name) || (meaning.kind === 'linear' && isHead(meaning.linear, taps));
  const classes = (isScores ?? isClassifier) ? shape[0]! : 0;
  const output = { node, classes, isProbability: false, isMultiLabel: false, isWhole: true };
  if (classes === 0) {
    const assumed = isScores === undefined ? [`the output ${name} is an embedding without classes (--classes)`] : [];
    return { ...output, assumed, tap: tapOf(node, taps) ?? name, tapNode: node };
  }
  const assumed = isScores === undefined ? [`the output ${name} has one score for each class (--head none)`] : [];
  const linear = meaning.kind === 'linear' || meaning.kind === 'open' ? meaning.linear : null;
  const features = linear === null ? node : featuresOf(linear, layers, taps);
  // A node that no value of the file names, such as a map put into another order, is a layer under its own name.
  return { ...output, assumed, tap: tapOf(features, taps) ?? features, tapNode: features };
}

/** @param isScores whether the output is known to have a score for each class */
function checkMeaning(meaning: Meaning, name: string, values: number, isScores: boolean, label: string): void {
  const output = `${label}: the output ${quoted(name.slice(0, 100))} [N, ${values}]`;
  if (meaning.kind === 'probabilities' && values > 1) {
    const message = `${output} ${meaning.why}, so its values are not the scores of one softmax`;
    const hint =
      'Take it as an embedding without scores: --head none. Or say which layer has the scores before the softmax: --head NAME.';
    throw new ConvertError('HEAD_AMBIGUOUS', message, { hint });
  }
  if (meaning.kind !== 'open' || isScores) return;
  const message = `${output} ${meaning.why}: its values may be scores of classes or an embedding`;
  const hint =
    'If they are scores, name the classes: --classes A,B,… or a file with one a line. If they are the embedding: --head none.';
  throw new ConvertError('HEAD_AMBIGUOUS', message, { hint });
}

function isHead(linear: ComputedNode, taps: ReadonlyMap<string, string>): boolean {
  if (linear.op !== 'linear') return false;
  return linear.attrs.bias || namesOf(linear.name, taps).some((tap) => HEADS.test(tap));
}

/** What the last Linear reads: the pooling, where only its shape is changed between and a tap may name it. */
function featuresOf(linear: ComputedNode, layers: Layers, taps: ReadonlyMap<string, string>): string {
  const read = linear.inputs[0]!;
  const node = unchanged(read, layers);
  return node.op === 'adaptiveAvgPool2d' && tapOf(node.name, taps) !== null ? node.name : read;
}

/** A module before a value. */
function tapOf(node: string, taps: ReadonlyMap<string, string>): string | null {
  return namesOf(node, taps)[0] ?? null;
}

function namesOf(node: string, taps: ReadonlyMap<string, string>): string[] {
  return [...taps].filter(([name, of]) => of === node && name !== '').map(([name]) => name);
}
