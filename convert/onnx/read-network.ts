/** An ONNX file as a network: graph, tensors, the embedding's layer, the classes' output, and its normalisation. */
import { type CodedError, quoted } from '../../base/index.js';
import {
  flagsOf,
  type Graph,
  GraphError,
  type GraphNode,
  type ImageShape,
  inferShapes,
  isPrediction,
  type ProposedTap,
  proposedTaps,
  resolveTap,
} from '../../graph/index.js';
import type { Pool, Tensor } from '../../weights/index.js';
import { ConvertError } from '../convert-error.js';
import type { OnnxGraph, OnnxModel } from './file/onnx-model.js';
import { opsetProblem } from './file/parse-model.js';
import type { OnnxFileContent } from './file/read-onnx.js';
import { ConstantStore } from './importing/constants.js';
import { type FinishedGraph, finishGraph, hiddenModule, tapNames } from './importing/finish-graph.js';
import { type GraphBuilder, IMAGE, type Operator } from './importing/graph-builder.js';
import { type ImageInput, imageInput, type Normalisation, normalisationInside } from './importing/image-input.js';
import { type ImportedGraph, importGraph } from './importing/import-graph.js';
import { transposed } from './importing/layout.js';
import { findOutput, type NetworkOutput } from './importing/network-output.js';
import { addRows, rowsOf } from './importing/output-meaning.js';

/** A file of ONNX's operators, or of another format that was translated to them. */
export interface NetworkFile extends OnnxFileContent {
  /** Operators that are not ONNX's, by `domain.name`. */
  otherOperators?: ReadonlyMap<string, Operator>;
}

export interface OnnxOptions {
  /** `[height, width]` of the images; left out: those of the file, or 224×224. */
  size?: readonly [number, number] | undefined;
  /** Name of the embedding. */
  tap?: string | undefined;
  /** Whether the output has classes; left out: as the file shows. */
  hasClasses?: boolean | undefined;
  /** The output or layer that has the scores, where several may be meant. */
  head?: string | undefined;
  /** Whether the caller says that several labels may hold. */
  multiLabel?: boolean | undefined;
  /** Whether the embedding is pooled: a layer before boxes or masks, which are then left out. */
  isPooled?: boolean | undefined;
  /** Whether the caller says how images are normalised before they go into the file's network. */
  isNormalised: boolean;
}

export interface OnnxNetwork {
  graph: Graph;
  tensors: Map<string, Tensor>;
  channels: number;
  /** How many; 0 without. */
  classes: number;
  /** Whether its one class had a sigmoid: the probability of the second of two. */
  isProbability: boolean;
  /** Whether its outputs are of labels of which several may hold. */
  isMultiLabel: boolean;
  tap: string;
  /** `[height, width]`, the size that the file has or the graph needs; null: the file takes any size. */
  size: [number, number] | null;
  /** What the file does to pixels, now outside of the graph; null: nothing. */
  normalisation: { mean: number[]; std: number[] } | null;
  /** What the file does not say, one sentence each. */
  assumed: string[];
  /** Names of outputs that are neither the embedding nor scores, where there are no scores. */
  notRead?: readonly string[] | undefined;
}

/** torchvision's, for a file that takes any size. */
const USUAL_SIZE: readonly [number, number] = [224, 224];
/** A graph that is the same for a size this much larger holds for all. Most networks halve maps five times. */
const SIZE_STEP = 64;

/** @throws ConvertError `ONNX_NOT_SUPPORTED`, `ONNX_VERSION`, `ONNX_INVALID`, `ONNX_CYCLE`, …; GraphError `UNKNOWN_TAP` */
export async function readNetwork(file: NetworkFile, options: OnnxOptions): Promise<OnnxNetwork> {
  const { model } = file;
  const problem = opsetProblem(model);
  if (problem !== null) throw problem;
  const { image, normalisation, importAt } = await importer(file, !options.isNormalised);
  const [height, width] = sizeFor(image, options);
  const imported = importAt([height, width]);
  const taps = tapNames(imported);
  const output = withProposals(imported, model.graph, taps, () => chooseOutput(imported, model, taps, options));
  const finish = (from: ImportedGraph) => finishGraph(from, taps, output.node, new Set([output.node, output.tapNode]));
  const { graph, tensors } = finish(imported);
  const sizeAt = (more: number): [number, number] => [height + more, width + 2 * more];
  const finished = { graph, tensors };
  const networkAt = (more: number) => () => finish(importAt(sizeAt(more)));
  const isAnySize = holdsFor(finished, sizeAt(SIZE_STEP), networkAt(SIZE_STEP)) && !changesFor(finished, networkAt(1));
  const isFixed = image.size[0] !== null && image.size[1] !== null;
  const own: [number, number] = [image.size[0] ?? height, image.size[1] ?? width];
  // Exporters write down what was true for their example: another size may be computed, and be wrong.
  const isOwn =
    own.join() === [height, width].join() || isAnySize || !changesFor(finished, () => finish(importAt(own)));
  return {
    graph: isAnySize ? graph : withSize(graph, [height, width]),
    tensors,
    channels: image.channels,
    classes: output.classes,
    isProbability: output.isProbability,
    isMultiLabel: output.isMultiLabel,
    tap: output.tap,
    size: isAnySize && !isFixed ? null : isOwn ? [height, width] : own,
    normalisation: normalisation.values,
    assumed: [...output.assumed, ...predictionsIn(imported, model.graph, taps, output)],
    notRead: output.notRead,
  };
}

/** Errors of a file without an embedding get layers that can be one. */
function withProposals<T>(
  imported: ImportedGraph,
  graph: OnnxGraph,
  taps: ReadonlyMap<string, string>,
  choose: () => T,
): T {
  try {
    return choose();
  } catch (error) {
    if (!(error instanceof ConvertError) || !WITHOUT_EMBEDDING.has(error.code)) throw error;
    const proposed = proposalsIn(imported, taps).map(flagsOf);
    if (proposed.length === 0) throw error;
    const what = hasBoxes(graph) ? 'Boxes and masks are not read; a layer before them' : 'A layer';
    const layers = `${what} can be the embedding: ${proposed.join(', or ')}.`;
    const more =
      error.code === 'ONNX_OUTPUT' ? 'image-drift inspect FILE --taps lists all layers.' : (error.hint ?? '');
    const hint = `${layers} ${more}`;
    throw new ConvertError(error.code, error.message, { hint, cause: error });
  }
}

/** Whether it has boxes or masks: by what libraries call outputs, and by the operators that only detectors have. */
export function hasBoxes({ nodes, outputs }: OnnxGraph): boolean {
  const isDetection = ({ op }: OnnxGraph['nodes'][number]) => /NonMaxSuppression|NMS|RoiAlign/i.test(op);
  return outputs.some(({ name }) => /box|mask|segm|detect/i.test(name)) || nodes.some(isDetection);
}

const WITHOUT_EMBEDDING: ReadonlySet<string> = new Set(['ONNX_OUTPUT', 'ONNX_NOT_SUPPORTED']);

/** Where the embedding is the boxes, masks or scores that a detector or segmenter gives for places of the image. */
function predictionsIn(
  imported: ImportedGraph,
  graph: OnnxGraph,
  taps: ReadonlyMap<string, string>,
  { tap, tapNode }: { tap: string; tapNode: string },
): string[] {
  const proposed = proposalsIn(imported, taps);
  const trunk = new Set(proposed.map((each) => taps.get(each.tap)!));
  const { builder } = imported;
  if (!isPrediction(builder, shapesIn(imported), tapNode, trunk, hasBoxes(graph))) return [];
  const before = proposed.map(flagsOf).join(', or ');
  return [
    `${tap} is taken for what the image shows: no weights come behind it, so it may be boxes, masks or scores of places (before them: ${before})`,
  ];
}

function shapesIn({ builder }: ImportedGraph): Map<string, ImageShape> {
  return new Map(builder.nodes.map(({ name }) => [name, builder.shapeOf(name)]));
}

function proposalsIn(imported: ImportedGraph, taps: ReadonlyMap<string, string>): ProposedTap[] {
  const { nodes } = imported.builder;
  const modules = [...taps.keys()].filter((name) => !imported.values.has(name));
  return proposedTaps({ nodes, output: '', modules: taps }, shapesIn(imported), modules);
}

export function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

export interface OnnxLayers {
  /** What a tap may name. The shape is for one image, of the size that the file has or the usual one. */
  taps: { name: string; shape: readonly number[]; default: boolean; proposed: Pool | null }[];
  /** Null: nothing; otherwise what would be told when the file is converted. */
  problem: CodedError | null;
  classes: number;
  /** What is not supported of a file that something runs as it is. */
  asIs?: string | undefined;
}

/** Which layers a file has, as far as they are supported. @throws as `readNetwork` */
export async function readLayers(file: NetworkFile): Promise<OnnxLayers> {
  const problem = opsetProblem(file.model);
  if (problem !== null) return { taps: [], classes: 0, problem };
  const { image, importAt } = await importer(file, true);
  const imported = importAt(sizeFor(image, {}));
  const taps = tapNames(imported);
  const { usual, problem: open } = usualOutput(imported, file.model, taps);
  const proposed = new Map(proposalsIn(imported, taps).map(({ tap, pool }) => [tap, pool]));
  return {
    taps: [...taps].map(([name, node]) => ({
      name,
      shape: imported.builder.shapeOf(node),
      default: name === usual?.tap,
      proposed: proposed.get(name) ?? null,
    })),
    problem: imported.problems.isEmpty ? open : imported.problems.error(file.model.label),
    classes: usual?.isProbability ? 2 : (usual?.classes ?? 0),
  };
}

/** What is asked when the file is converted is said when it is looked at. */
function usualOutput(imported: ImportedGraph, { graph, label }: OnnxModel, taps: ReadonlyMap<string, string>) {
  try {
    return { usual: findOutput(imported, graph, taps, {}, label), problem: null };
  } catch (problem) {
    if (problem instanceof ConvertError) return { usual: null, problem };
    throw problem;
  }
}

interface Importer {
  image: ImageInput;
  normalisation: Normalisation;
  importAt(size: readonly [number, number]): ImportedGraph;
}

/** @param isNormalisationLeftOut whether what the file does to pixels at its beginning is taken out of the graph */
async function importer(file: NetworkFile, isNormalisationLeftOut: boolean): Promise<Importer> {
  const { model } = file;
  const image = imageInput(model);
  const constants = await ConstantStore.of(file);
  const normalisation = normalisationInside(model.graph, image, constants, isNormalisationLeftOut);
  return {
    image,
    normalisation,
    importAt: ([height, width]) => {
      const imported = importGraph({
        graph: normalisation.graph,
        label: model.label,
        opset: model.opset,
        batchSize: image.batch,
        constants,
        otherOperators: file.otherOperators,
        inputs: (graph) => imageOf(graph, normalisation, image, [height, width]),
      });
      return addRows(imported, normalisation.graph);
    },
  };
}

export function sizeFor({ size }: ImageInput, options: Pick<OnnxOptions, 'size'>): readonly [number, number] {
  const [height, width] = options.size ?? USUAL_SIZE;
  return options.size === undefined ? [size[0] ?? height, size[1] ?? width] : [height, width];
}

/** The image as the file has it: channels come last where TensorFlow made it. */
function imageOf(
  graph: GraphBuilder,
  { name, isChannelsLast }: Normalisation,
  { channels, isAlone }: ImageInput,
  size: readonly [number, number],
) {
  const image = graph.image([channels, ...size]);
  if (isAlone) return new Map([[name, { ...image, merged: 'slow' as const }]]);
  return new Map([[name, isChannelsLast ? transposed(graph, image, [0, 2, 3, 1], `${name}:channels last`) : image]]);
}

function chooseOutput(
  imported: ImportedGraph,
  model: OnnxModel,
  taps: ReadonlyMap<string, string>,
  { tap, isPooled, ...options }: OnnxOptions,
): NetworkOutput & { tap: string; tapNode: string } {
  const written = model.metadata.get('embedding');
  const asked = tap ?? (written !== undefined && taps.has(written) ? written : undefined);
  const others = isPooled === true ? outputsBeside(imported, model.graph, options) : [];
  const isTapAlone = asked !== undefined && (options.hasClasses === false || others.length > 0);
  const found = isTapAlone ? null : findOutput(imported, model.graph, taps, options, model.label);
  if (asked === undefined) {
    if (!imported.problems.isEmpty && found?.isWhole !== true) throw imported.problems.error(model.label);
    if (found === null) throw noOutput(model.label);
    const { classes, node, tapNode: features, assumed } = found;
    return classes > 0 && features === node ? { ...found, assumed: [...assumed, SCORES_THEMSELVES] } : found;
  }
  const tapNode = taps.get(asked);
  if (tapNode === undefined) {
    if (!imported.problems.isEmpty) throw imported.problems.error(model.label);
    const why = hiddenModule(imported, asked);
    if (why !== null) throw hiddenTap(model.label, asked, why);
    throw unknownTap(asked, taps);
  }
  if (found === null) {
    const notRead = others.filter((name) => name !== asked);
    const none = { classes: 0, isProbability: false, isMultiLabel: false, assumed: [] };
    return { ...none, node: tapNode, isWhole: false, notRead, tap: asked, tapNode };
  }
  const isEmbedding = found.classes === 0;
  return { ...found, node: isEmbedding ? tapNode : found.node, tap: asked, tapNode };
}

/** All outputs of a network that has some of another form than one row for each image, and of which none is asked for. */
function outputsBeside(
  imported: ImportedGraph,
  graph: OnnxGraph,
  { hasClasses, head, multiLabel }: Omit<OnnxOptions, 'tap'>,
) {
  const isAsked = hasClasses !== undefined || head !== undefined || multiLabel === true;
  const hasOthers = rowsOf(imported, graph, true).length < graph.outputs.length;
  return isAsked || !hasOthers ? [] : graph.outputs.map(({ name }) => name);
}

const SCORES_THEMSELVES = 'the embedding is the scores themselves, as no layer before them is known to be one (--tap)';

/** @param proposed what can be taken instead, where that is known */
export function noOutput(label: string, proposed: string | null = null): ConvertError {
  const message = `${label}: none of its outputs can be an embedding, one row of values for each image`;
  return new ConvertError('ONNX_OUTPUT', message, {
    hint: proposed ?? 'Take a layer as the embedding: --tap NAME. image-drift inspect FILE --taps lists them.',
  });
}

function hiddenTap(label: string, tap: string, why: string): GraphError {
  return new GraphError('UNKNOWN_TAP', `${label}: ${quoted(tap)} cannot be the embedding: ${why}`, {
    hint:
      'Take the layer behind it, by its name or by that of its value (image-drift inspect FILE --taps). Or export without folding: ' +
      'torch.onnx.export(…, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE).',
  });
}

export function unknownTap(name: string, taps: ReadonlyMap<string, string>): GraphError {
  try {
    resolveTap({ nodes: [], output: '', modules: taps }, name);
  } catch (error) {
    if (error instanceof GraphError) return error;
  }
  return new GraphError('UNKNOWN_TAP', `there is no layer named ${quoted(name)}`);
}

/** Whether the graph is the same for another size, which it must take: windows and positions often show that early. */
function holdsFor(network: FinishedGraph, [height, width]: readonly [number, number], other: () => FinishedGraph) {
  try {
    inferShapes(network.graph, { height, width });
    return isSame(network, other());
  } catch {
    return false;
  }
}

/** Whether the graph changes with the size, as from even to odd. A size that cannot be imported says nothing. */
function changesFor(network: FinishedGraph, other: () => FinishedGraph): boolean {
  try {
    return !isSame(network, other());
  } catch {
    return false;
  }
}

/** Numbers that follow from the size, such as `x / x.shape[2]`, are tensors. */
function isSame(a: FinishedGraph, b: FinishedGraph): boolean {
  if (JSON.stringify(a.graph.nodes) !== JSON.stringify(b.graph.nodes)) return false;
  return [...a.tensors].every(([name, { data }]) => {
    const other = b.tensors.get(name)!.data;
    return data === other || (data.length === other.length && data.every((value, i) => Object.is(value, other[i])));
  });
}

function withSize(graph: Graph, size: [number, number]): Graph {
  const nodes = graph.nodes.map(
    (node): GraphNode => (node.name === IMAGE && node.op === 'input' ? { ...node, size } : node),
  );
  return { ...graph, nodes };
}
