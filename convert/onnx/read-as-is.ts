/** An ONNX file that only onnxruntime runs, as it is: each value is a node of the graph that only the file computes. */
import { CodedError } from '../../base/index.js';
import type { Graph, GraphNode } from '../../graph/index.js';
import { withValues } from '../../graph/onnx/index.js';
import type { OnnxFileFacts } from '../../weights/index.js';
import { ConvertError } from '../convert-error.js';
import { otherSize } from '../to-onnx.js';
import { beforeQuantising, sourceOfOutput } from './as-is/linear-before.js';
import type { OpenOnnxSession } from './as-is/runtime.js';
import { isSameInBatch, type Trial, type TriedFile, tryFile } from './as-is/try-file.js';
import type { OnnxGraph, OnnxModel, OnnxNode } from './file/onnx-model.js';
import type { OnnxFileContent } from './file/read-onnx.js';
import { ConstantStore } from './importing/constants.js';
import { moduleValues } from './importing/finish-graph.js';
import { IMAGE } from './importing/graph-builder.js';
import { type ImageInput, imageInput, type Normalisation, normalisationInside } from './importing/image-input.js';
import {
  HEADS,
  noHead,
  SCORE_NAMES,
  severalOutputs,
  sigmoidsAre,
  softmaxOfLabels,
} from './importing/network-output.js';
import { type NetworkFile, noOutput, type OnnxNetwork, type OnnxOptions, sizeFor, unknownTap } from './read-network.js';

export interface AsIsNetwork extends OnnxNetwork {
  facts: OnnxFileFacts;
  /** The file, its values included. */
  bytes: Uint8Array;
  /** Shapes of one image's values, by the names that a tap may have. */
  taps: ReadonlyMap<string, readonly number[]>;
}

export interface AsIsOptions extends OnnxOptions {
  open: OpenOnnxSession;
  /** What the file gets that cannot be converted. */
  problem: ConvertError;
  /** Mean and std of the images, where the caller says them. */
  pixels?: { mean: readonly number[]; std: readonly number[] } | undefined;
}

/** TensorProto.DataType of an input. */
const INPUT_TYPES: Readonly<Record<number, OnnxFileFacts['type']>> = {
  0: 'float32',
  1: 'float32',
  2: 'uint8',
  10: 'float16',
};
/** As in a weights folder. */
const MAX_NAME = 512;
const WHITE = 255;
/** Images at once, and their bytes, that a file is tried with. */
const MAX_BATCH = 1000;
const MAX_TRIED_BYTES = 2 ** 27;

/**
 * @throws ConvertError the problem with what onnxruntime says, or with how to install it; `ONNX_INPUT`, `ONNX_OUTPUT`,
 *   `ONNX_EXTERNAL_DATA`; GraphError `UNKNOWN_TAP`, `ONNX_TOO_LARGE`
 */
export async function readAsIs(file: NetworkFile, options: AsIsOptions): Promise<AsIsNetwork> {
  const { model } = file;
  const image = imageInput(model);
  if (image.isAlone) throw options.problem;
  const inside = normalisationInside(model.graph, image, await ConstantStore.of(file), !options.isNormalised);
  const normalisation = expected(inside, image);
  const [height, width] = sizeFor(image, options);
  checkSize(image, [height, width], model);
  checkBatch(image, height * width, model.label);
  const bytes = await wholeFile({ ...file, bytes: file.bytes! });
  const facts = { ...factsOf(image, model.label), scores: 'logits' as const };
  const pixels = { ...pixelsOf(image.channels), ...options.pixels, ...normalisation };
  const trial: Trial = { open: options.open, request: { facts, bytes, ...pixels }, height, width };
  const tried = await tryFile(trial, model.graph).catch((error: unknown) => {
    throw refused(error, options.problem);
  });
  const modules = moduleValues(model.graph.nodes, (name) => (tried.values.has(name) ? name : null)).known;
  const chosen = choose(model, tried, modules, { ...options, proposed: options.problem.hint });
  const isBatched =
    tried.batch === null && (await isSameInBatch(trial, model.graph, [...new Set([chosen.node, chosen.output])]));
  const graph = graphOf(tried, modules, chosen.output, { channels: image.channels, size: [height, width] });
  return {
    graph,
    tensors: new Map(),
    channels: image.channels,
    classes: chosen.classes,
    isProbability: false,
    isMultiLabel: chosen.isMultiLabel,
    tap: chosen.tap,
    size: [height, width],
    normalisation,
    assumed: chosen.assumed,
    facts: { ...facts, batch: tried.batch ?? (isBatched ? null : 1), scores: chosen.scores },
    bytes,
    taps: new Map([...graph.modules].map(([name, node]) => [name, tried.values.get(node)!.shape])),
  };
}

/** The words of a problem without the name of the file: `has operators that are not supported: …`. */
export function unsupported({ message }: ConvertError, { label }: OnnxModel): string {
  return message.slice(label.length + 2);
}

/** What the file is given where it normalises by itself: pixels from 0 to 255, or from 0 to 1. */
function expected({ values, takesBytes }: Normalisation, { channels, isBytes }: ImageInput) {
  if (values === null && !isBytes) return null;
  const { mean, std } = pixelsOf(channels);
  return { mean, std: takesBytes ? std.map(() => 1 / WHITE) : std };
}

function pixelsOf(channels: number): { mean: number[]; std: number[] } {
  return { mean: new Array<number>(channels).fill(0), std: new Array<number>(channels).fill(1) };
}

function factsOf(image: ImageInput, label: string): Omit<OnnxFileFacts, 'scores'> {
  const { name: input, isChannelsLast, batch, elementType } = image;
  const type = INPUT_TYPES[elementType];
  if (type !== undefined) return { input, layout: isChannelsLast ? 'nhwc' : 'nchw', type, batch };
  const message = `${label}: takes images of ONNX's type ${elementType}; float32 (1), float16 (10) and uint8 (2) are given to files`;
  throw new ConvertError('ONNX_INPUT', message);
}

function refused(error: unknown, problem: ConvertError): unknown {
  if (!(error instanceof CodedError)) return error;
  if (error.code === 'BACKEND_NOT_INSTALLED') {
    const help = `With an engine for ONNX files, it runs as it is: ${error.hint ?? error.message}`;
    const hint = problem.hint === null ? help : `${problem.hint} ${help}`;
    return new ConvertError(problem.code, problem.message, { hint, cause: error });
  }
  return new ConvertError(problem.code, `${problem.message}; it does not run as it is either: ${error.message}`, {
    hint: problem.hint ?? undefined,
    cause: error,
  });
}

/** @throws ConvertError `ONNX_SIZE` */
function checkSize({ size }: ImageInput, wanted: readonly [number, number], model: OnnxModel): void {
  if (size.every((side, i) => side === null || side === wanted[i])) return;
  throw otherSize(model, size, wanted);
}

/** @throws ConvertError `ONNX_INPUT` for a batch that nobody has the memory to try */
function checkBatch({ batch, channels }: ImageInput, pixels: number, label: string): void {
  const images = batch ?? 1;
  if (images <= MAX_BATCH && images * pixels * channels <= MAX_TRIED_BYTES) return;
  const message =
    `${label}: takes ${images.toLocaleString('en')} images of ${pixels.toLocaleString('en')} pixels at once; ` +
    `at most ${MAX_BATCH.toLocaleString('en')} images and ${MAX_TRIED_BYTES.toLocaleString('en')} bytes are tried`;
  throw new ConvertError('ONNX_INPUT', message);
}

interface Chosen {
  /** Value of the scores, or of the embedding where there are none. */
  output: string;
  classes: number;
  isMultiLabel: boolean;
  scores: OnnxFileFacts['scores'];
  /** Name and value of the embedding. */
  tap: string;
  node: string;
  assumed: string[];
}

function choose(
  { graph, label }: OnnxModel,
  { values }: TriedFile,
  modules: ReadonlyMap<string, string>,
  { tap, hasClasses, head, multiLabel, proposed }: OnnxOptions & { proposed: string | null },
): Chosen {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name): [string, OnnxNode] => [name, node])));
  const rows = graph.outputs.flatMap(({ name }) => {
    const shape = values.get(name)?.shape;
    if (shape === undefined || shape.slice(1).some((size) => size !== 1)) return [];
    const source = sourceOfOutput(name, makers, (of) => values.has(of));
    return [{ name, count: shape[0]!, ...source, isScores: source.softmax !== null || SCORE_NAMES.test(name) }];
  });
  const pathsOf = (value: string) => [...modules].filter(([, of]) => of === value).map(([path]) => path);
  const isHeadOf = ({ name, features, hasBias }: (typeof rows)[number]) =>
    features !== null && (hasBias || pathsOf(name).some((path) => HEADS.test(path)));
  const chosen = head === undefined ? chosenOf(rows, isHeadOf) : rows.filter(({ name }) => name === head);
  if (head !== undefined && chosen.length === 0) throw noHead(label, head, rows);
  const isTapAlone = tap !== undefined && hasClasses === false;
  if (chosen.length > 1 && !isTapAlone) throw severalOutputs(label, chosen, hasClasses);
  const [found] = chosen;
  const asked = tap === undefined ? null : nodeNamed(tap, values, modules);
  if (found === undefined) {
    if (asked === null) throw noOutput(label, proposed);
    const none = { classes: 0, isMultiLabel: false, scores: 'logits' as const, assumed: [] };
    return { ...none, output: asked, tap: tap!, node: asked };
  }
  const { name, count, features, softmax, hasSigmoids, isScores } = found;
  if (multiLabel && softmax !== null) throw softmaxOfLabels(label, name);
  if (found.isOverBatch) {
    throw new ConvertError('ONNX_OUTPUT', `${label}: the softmax before ${name} is over the images of a batch`);
  }
  const areLabels = multiLabel === true || (hasSigmoids && count > 1);
  const isClassifier = hasClasses ?? (head !== undefined || areLabels || isScores || isHeadOf(found));
  const usual =
    isClassifier && features !== null ? firstThere([beforeQuantising(features, makers), features], values) : null;
  const node = asked ?? usual ?? name;
  const isMultiLabel = isClassifier && areLabels;
  const isAssumed = hasClasses === undefined && softmax === null;
  const said = isMultiLabel ? sigmoidsAre(name) : assumption(name, isClassifier);
  return {
    output: isClassifier ? name : node,
    classes: isClassifier ? count : 0,
    isMultiLabel,
    scores: isMultiLabel && hasSigmoids ? 'probabilities' : (softmax ?? 'logits'),
    tap: tap ?? pathsOf(node)[0] ?? node,
    node,
    assumed: isMultiLabel ? (multiLabel ? [] : [said]) : isAssumed ? [said] : [],
  };
}

interface OutputRow {
  name: string;
  features: string | null;
  isScores: boolean;
}

/** Those that may be meant: outputs with scores, otherwise all; without features of others. */
function chosenOf<Row extends OutputRow>(rows: readonly Row[], isHead: (row: Row) => boolean): Row[] {
  const sources = new Set(rows.map(({ features }) => features));
  const own = rows.filter(({ name, isScores }) => isScores || !sources.has(name));
  const heads = own.filter((row) => row.isScores || isHead(row));
  return heads.length > 0 ? heads : own;
}

function assumption(output: string, isClassifier: boolean): string {
  return isClassifier
    ? `the output ${output} has one score for each class (--head none)`
    : `the output ${output} is an embedding without classes (--classes)`;
}

function firstThere(names: readonly string[], values: TriedFile['values']): string | null {
  return names.find((name) => values.has(name)) ?? null;
}

function nodeNamed(tap: string, values: TriedFile['values'], modules: ReadonlyMap<string, string>): string {
  const node = modules.get(tap) ?? (values.has(tap) ? tap : undefined);
  if (node !== undefined) return node;
  throw unknownTap(tap, new Map([...modules, ...[...values.keys()].map((name): [string, string] => [name, name])]));
}

function graphOf(
  { values }: TriedFile,
  modules: ReadonlyMap<string, string>,
  output: string,
  image: { channels: number; size: [number, number] },
): Graph {
  const stored = [...values].filter(([name]) => name.length <= MAX_NAME && name !== IMAGE);
  const names = new Set(stored.map(([name]) => name));
  const nodes = stored.map(([name, { shape }]): GraphNode => {
    return { name, inputs: [IMAGE], op: 'onnxFile', attrs: { shape } };
  });
  const own = stored.map(([name]): [string, string] => [name, name]);
  const paths = [...modules].filter(([path, node]) => names.has(node) && path !== '' && path.length <= MAX_NAME);
  return {
    nodes: [{ name: IMAGE, inputs: [], op: 'input', ...image }, ...nodes],
    output,
    modules: new Map([...own, ...paths, ['', output]]),
  };
}

/** @throws ConvertError `ONNX_EXTERNAL_DATA` for data not there, or of a subgraph; GraphError `ONNX_TOO_LARGE` */
export async function wholeFile({
  model,
  bytes,
  external,
}: OnnxFileContent & { bytes: Uint8Array }): Promise<Uint8Array> {
  if (hasExternalInside(model.graph)) {
    const message = `${model.label}: a tensor inside a node lies in a file beside it, which is not read for files that run as they are`;
    throw new ConvertError('ONNX_EXTERNAL_DATA', message);
  }
  const values = new Map<string, Uint8Array>();
  for (const tensor of model.graph.initialisers.values()) {
    if (tensor.external !== null) values.set(tensor.name, await external(tensor));
  }
  return values.size === 0 ? bytes : withValues(bytes, (name) => values.get(name) ?? null);
}

/** Whether a tensor in an attribute, or in a subgraph, lies in another file. A runtime would look for it anywhere. */
function hasExternalInside({ nodes }: OnnxGraph): boolean {
  return nodes.some(({ attributes }) =>
    [...attributes.values()].some((attribute) => {
      if (attribute.type === 'tensor') return attribute.value.external !== null;
      if (attribute.type !== 'graph') return false;
      const { initialisers } = attribute.value;
      return [...initialisers.values()].some(({ external }) => external !== null) || hasExternalInside(attribute.value);
    }),
  );
}
