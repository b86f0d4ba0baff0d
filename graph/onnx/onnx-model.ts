/**
 * Writes a layer graph with its weights as an ONNX model, of less than 2 GiB, in float32. It takes pixels as they were
 * decoded (normalisation is part of it), and gives outputs of layers and the scores of the classes.
 */
import type { BoundGraph } from '../bound-graph.js';
import type { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { DATA_TYPE, type KnownValues, type OnnxNode, OnnxParts } from '../operations/onnx-form.js';
import { type ImageSize, inferShapes, onlySize } from '../shapes.js';
import { Constants } from './constants.js';
import { Names, renamed } from './names.js';
import { knownValues, onnxNodes } from './operators.js';
import { modelProto, type OnnxTensor, type OnnxValue } from './proto.js';

/** Protobuf's limit for one message: sizes are signed 32-bit numbers. */
export const MAX_MODEL_BYTES = 2 ** 31 - 1;

/** The name of the model's input, uint8 `[N, height, width, channels]`. */
export const ONNX_INPUT = 'pixels';
/** The name of the scores among the model's outputs, float32 `[N, classes]`. */
export const ONNX_SCORES = 'scores';

export interface OnnxOptions {
  /** Outputs: the name of each output → the node that gives it. */
  taps: ReadonlyMap<string, string>;
  /** Whether the softmax of the graph's output is an output, too. */
  scores: boolean;
  /** Whether the scores are sigmoids instead. */
  areSigmoids?: boolean | undefined;
  /** A value a channel, in units of pixel/255: the network sees `(pixel/255 - mean) / std`. */
  mean: readonly number[];
  std: readonly number[];
  /** The only image size that the model takes; null: any size that the network takes. */
  size: ImageSize | null;
  /** Free text that is written into the file. */
  metadata?: ReadonlyMap<string, string> | undefined;
}

export interface OnnxModel {
  byteLength: number;
  /** The file in order: views of the weights, and the bytes between them. */
  pieces: readonly Uint8Array[];
  input: OnnxValue;
  outputs: readonly OnnxValue[];
}

/**
 * The batch is always dynamic. Tensors are not copied, so they must not change before the pieces are written.
 * @throws GraphError `ONNX_TOO_LARGE` for 2 GiB and more; `IMAGE_TOO_SMALL` when the network does not take `size`
 */
export function onnxModel({ graph, tensors }: BoundGraph, options: OnnxOptions): OnnxModel {
  const reserved = reservedNames(options);
  const names = new Names([...graph.nodes.map(({ name }) => name), ...tensors.keys(), ...reserved]);
  const constants = new Constants(names);
  const [shapes, others] = describedSizes(graph, options.size).map((size) => inferShapes(graph, size));
  const values = knownValues(graph, shapes!, others!);
  // A node whose name an input or an output of the model has gets another.
  const moved = new Map(
    graph.nodes.filter(({ name }) => reserved.has(name)).map(({ name }) => [name, names.fresh(name)]),
  );
  const place = (name: string) => moved.get(name) ?? name;
  const computed = graph.nodes.flatMap((node): OnnxNode[] => {
    const isImage = node.op === 'input';
    const own = isImage ? normalisation(node.name, constants, options) : onnxNodes(node, constants, values);
    return names.apart(own, node.name);
  });
  const nodes = [
    ...renamed(computed, moved),
    ...[...options.taps]
      .filter(([name, node]) => name !== place(node))
      .map(([name, node]): OnnxNode => ({ op: 'Identity', inputs: [place(node)], output: name })),
  ];
  if (options.scores) {
    const kind = options.areSigmoids ? { op: 'Sigmoid' } : { op: 'Softmax', attributes: { axis: 1 } };
    nodes.push({ ...kind, inputs: [place(graph.output)], output: ONNX_SCORES });
  }
  const input = describeInput(options.size, options.mean.length);
  const outputs = describeOutputs(graph, values, options);
  const model = modelProto({
    nodes,
    tensors: new Map([...tensorsOf({ graph, tensors }, place), ...constants.tensors]),
    inputs: [input],
    outputs,
    metadata: options.metadata ?? new Map(),
  });
  const { byteLength, pieces } = model;
  if (byteLength > MAX_MODEL_BYTES) {
    throw new GraphError(
      'ONNX_TOO_LARGE',
      `as ONNX this model has ${byteLength.toLocaleString('en')} bytes, ` +
        `one file may have ${MAX_MODEL_BYTES.toLocaleString('en')}`,
    );
  }
  return { byteLength, pieces, input, outputs };
}

/** Rounded to float32 after every step, as torchvision's `ToTensor` and `Normalize` do; then channels come first. */
function normalisation(name: string, constants: Constants, { mean, std }: OnnxOptions): OnnxNode[] {
  const perChannel = [mean.length, 1, 1];
  const parts = new OnnxParts({ name });
  const first = parts.add('channels first', 'Transpose', [ONNX_INPUT], { perm: [0, 3, 1, 2] });
  const floats = parts.add('float', 'Cast', [first], { to: DATA_TYPE.float });
  const scaled = parts.add('scaled', 'Div', [floats, constants.floats('255.0', [], [255])]);
  const centred = parts.add('centred', 'Sub', [scaled, constants.floats('mean', perChannel, mean)]);
  return parts.end('Div', [centred, constants.floats('std', perChannel, std)]);
}

function describeInput(size: ImageSize | null, channels: number): OnnxValue {
  const [height, width] = size === null ? ['height', 'width'] : [size.height, size.width];
  return {
    name: ONNX_INPUT,
    type: 'uint8',
    shape: ['N', height, width, channels],
    description: `${channels === 3 ? 'RGB images' : `images of ${channels} channels`} as decoded, 0 to 255`,
  };
}

/** Sizes that any network takes that is not for one size. Only a pooling to a fixed size maps both to the same. */
const PROBES: readonly [ImageSize, ImageSize] = [
  { height: 224, width: 224 },
  { height: 448, width: 448 },
];

function describedSizes(graph: Graph, size: ImageSize | null): readonly [ImageSize, ImageSize] {
  const only = size ?? onlySize(graph);
  return only === null ? PROBES : [only, only];
}

/** The names of sizes that depend on the image. */
const MAP_AXES = ['channels', 'height', 'width'];

function describeOutputs(graph: Graph, values: KnownValues, { taps, scores, areSigmoids }: OnnxOptions): OnnxValue[] {
  const describe = (name: string, node: string, description: string): OnnxValue => {
    const sizes = values.shapeOf(node);
    const axis = (i: number) => (sizes.length === MAP_AXES.length ? MAP_AXES[i] : `axis ${i + 1}`);
    const shape = sizes.map((size, i) => size ?? `${name}/${axis(i)}`);
    return { name, type: 'float', shape: ['N', ...shape], description };
  };
  const described = [...taps].map(([name, node]) => describe(name, node, `output of ${name}`));
  const kind = areSigmoids ? 'sigmoid' : 'softmax';
  return scores ? [...described, describe(ONNX_SCORES, graph.output, `${kind} of the classes`)] : described;
}

/** Names of the model's input and outputs, which no other value may have. */
function reservedNames({ taps, scores }: OnnxOptions): Set<string> {
  const outputs = [...taps].filter(([name, node]) => name !== node).map(([name]) => name);
  return new Set([ONNX_INPUT, ...(scores ? [ONNX_SCORES] : []), ...outputs]);
}

/** Those that are used as values get a batch of one in front. @param place the name of a node's value */
function tensorsOf({ graph, tensors }: BoundGraph, place: (name: string) => string): Map<string, OnnxTensor> {
  const all = new Map<string, OnnxTensor>(tensors);
  for (const node of graph.nodes) {
    if (node.op !== 'parameter') continue;
    all.delete(node.name);
    all.set(place(node.name), { shape: [1, ...node.attrs.shape], data: tensors.get(node.name)!.data });
  }
  return all;
}

/** The whole file in one piece of memory. */
export function onnxBytes({ byteLength, pieces }: Pick<OnnxModel, 'byteLength' | 'pieces'>): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}
