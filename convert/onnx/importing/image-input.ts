/** Which of a graph's inputs takes the image, how it lies there, and how the file normalises it. */
import { quoted } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxGraph, OnnxModel, OnnxNode, OnnxValueInfo } from '../file/onnx-model.js';
import { attributeOf, intAttribute } from '../file/onnx-model.js';
import { type Constant, countOf } from '../folding/constant.js';
import type { ConstantStore } from './constants.js';

export interface ImageInput {
  name: string;
  channels: number;
  /** `[N, height, width, channels]`, as TensorFlow has it; otherwise `[N, channels, height, width]`. */
  isChannelsLast: boolean;
  /** `[height, width]`; null for a side that is not fixed. */
  size: readonly [number | null, number | null];
  /** Images in a batch; null: any number. */
  batch: number | null;
  /** `[channels, height, width]`, one image without an axis for more, as torchvision's detectors take it. */
  isAlone: boolean;
  /** TensorProto.DataType. */
  elementType: number;
  /** Whether it takes pixels as bytes. */
  isBytes: boolean;
}

const CHANNELS: readonly (number | string | undefined)[] = [1, 3, 4];

/** @throws ConvertError `ONNX_INPUT` for a graph that does not have one input for images */
export function imageInput({ graph, label }: OnnxModel): ImageInput {
  const inputs = graph.inputs.filter(({ name }) => !graph.initialisers.has(name));
  const images = inputs.filter(({ shape }) => shape === null || shape.length === 4 || isOneImage(shape));
  const [image] = images;
  if (image === undefined || inputs.length !== 1) throw notOne(label, inputs);
  const isAlone = image.shape?.length === 3;
  const sizes = image.shape ?? ['', '', '', ''];
  const shape = isAlone ? [1, ...sizes] : sizes;
  const [batch, ...sides] = shape;
  const isChannelsLast = CHANNELS.includes(sides[2]) && !CHANNELS.includes(sides[0]);
  const channels = (isChannelsLast ? sides[2] : sides[0]) ?? '';
  const [height, width] = isChannelsLast ? sides : sides.slice(1);
  return {
    name: image.name,
    channels: typeof channels === 'number' ? channels : channelsOfFirstConvolution(graph, image.name),
    isChannelsLast,
    size: [fixed(height), fixed(width)],
    batch: fixed(batch),
    isAlone,
    elementType: image.elementType,
    isBytes: image.elementType === 2,
  };
}

function isOneImage({ length, 0: channels }: readonly (number | string)[]): boolean {
  return length === 3 && CHANNELS.includes(channels);
}

function fixed(size: number | string | undefined): number | null {
  return typeof size === 'number' ? size : null;
}

function notOne(label: string, inputs: readonly OnnxValueInfo[]): ConvertError {
  const told = inputs
    .slice(0, 8)
    .map(({ name, shape }) => `${quoted(name.slice(0, 100))} [${shape?.map((size) => size || '?').join(', ') ?? '?'}]`);
  const message = `${label}: one input of images is needed, [N, channels, height, width]; it has ${told.join(', ') || 'none'}`;
  return new ConvertError('ONNX_INPUT', message, {
    hint: 'Export the part that takes images by itself, for instance the vision tower of CLIP.',
  });
}

/** Colour, unless a convolution that reads the image says otherwise. */
function channelsOfFirstConvolution({ nodes, initialisers }: OnnxGraph, name: string): number {
  const first = nodes.find(({ op, inputs }) => op === 'Conv' && inputs[0] === name);
  const inGroup = initialisers.get(first?.inputs[1] ?? '')?.dims[1];
  return first === undefined || inGroup === undefined ? 3 : inGroup * intAttribute(first, 'group', 1);
}

// Normalisation among a file's first operators. The weights folder has it as mean and deviation.

export interface Normalisation {
  /** The value that is normalised: the image as the network's layers see it. */
  name: string;
  isChannelsLast: boolean;
  /** In units of pixel/255. Null: the file does not normalise. */
  values: { mean: number[]; std: number[] } | null;
  /** Whether the file takes pixels from 0 to 255; otherwise from 0 to 1. */
  takesBytes: boolean;
  /** The graph without the operators that normalise. */
  graph: OnnxGraph;
}

type Step = { op: 'Add' | 'Sub' | 'Mul' | 'Div'; values: number[] };

/** A mean beyond this is in units of 0 to 255. */
const MAX_MEAN = 2;
const WHITE = 255;

/** @param isAllowed false: operators other than those that only move or cast pixels stay in the network */
export function normalisationInside(graph: OnnxGraph, image: ImageInput, constants: ConstantStore, isAllowed: boolean) {
  const readers = readersOf(graph);
  const steps: Step[] = [];
  const absorbed = new Set<OnnxNode>();
  let { name, isChannelsLast } = image;
  for (let next = only(readers.get(name)); next !== null; next = only(readers.get(name))) {
    if (isTranspose(next, isChannelsLast)) isChannelsLast = false;
    else if (next.op !== 'Cast' && next.op !== 'Identity') {
      const step = isAllowed ? stepOf(graph, next, name, image.channels, isChannelsLast, constants) : null;
      if (step === null) break;
      steps.push(step);
    }
    absorbed.add(next);
    name = next.outputs[0]!;
  }
  const isNone = graph.outputs.some((output) => output.name === name) || (steps.length === 0 && !image.isBytes);
  const values = isNone ? null : meanAndStd(steps, image);
  if (values === null) {
    return { name: image.name, isChannelsLast: image.isChannelsLast, values, takesBytes: image.isBytes, graph };
  }
  return {
    name,
    isChannelsLast,
    values: { mean: values.mean, std: values.std },
    takesBytes: values.takesBytes,
    graph: { ...graph, nodes: graph.nodes.filter((node) => !absorbed.has(node)) },
  };
}

function readersOf({ nodes }: OnnxGraph): Map<string, OnnxNode[]> {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []).slice(0, 1), node]);
  }
  return readers;
}

function only(nodes: readonly OnnxNode[] | undefined): OnnxNode | null {
  return nodes?.length === 1 ? nodes[0]! : null;
}

function isTranspose({ op, attributes }: OnnxNode, isChannelsLast: boolean): boolean {
  const perm = attributes.get('perm');
  return op === 'Transpose' && isChannelsLast && perm?.type === 'ints' && perm.value.join() === '0,3,1,2';
}

/** An operator with a constant for all channels, or one for each. */
function stepOf(
  graph: OnnxGraph,
  node: OnnxNode,
  image: string,
  channels: number,
  isChannelsLast: boolean,
  constants: ConstantStore,
): Step | null {
  const { op, inputs } = node;
  if (op !== 'Add' && op !== 'Sub' && op !== 'Mul' && op !== 'Div') return null;
  const isFirst = inputs[0] === image;
  if (!isFirst && (op === 'Sub' || op === 'Div')) return null;
  const found = constantNamed(graph, inputs[isFirst ? 1 : 0] ?? '', constants);
  const values = found === null ? null : valuesOfChannels(found, channels, isChannelsLast);
  return values === null ? null : { op, values };
}

function constantNamed(graph: OnnxGraph, name: string, constants: ConstantStore): Constant | null {
  const maker = graph.nodes.find(({ outputs }) => outputs[0] === name);
  const tensor =
    graph.initialisers.get(name) ?? (maker?.op === 'Constant' ? attributeOf(maker, 'value', 'tensor') : null);
  return tensor == null ? null : constants.decoded(tensor);
}

function valuesOfChannels({ dims, data }: Constant, channels: number, isChannelsLast: boolean): number[] | null {
  if (data.length === 1) return new Array<number>(channels).fill(data[0]!);
  const behind = isChannelsLast ? 0 : 2;
  const axis = dims.length - 1 - behind;
  return data.length === channels && dims[axis] === channels && countOf(dims) === channels ? [...data] : null;
}

type Values = NonNullable<Normalisation['values']> & Pick<Normalisation, 'takesBytes'>;

/** `(pixel/255 − mean)/std` for what the steps do. Null if they turn light into dark, which no normalisation does. */
function meanAndStd(steps: readonly Step[], { channels, isBytes }: ImageInput): Values | null {
  const usual = asToTensor(steps);
  if (usual !== null) return { ...usual, takesBytes: true };
  const scale = new Array<number>(channels).fill(1);
  const offset = new Array<number>(channels).fill(0);
  for (const { op, values } of steps) {
    values.forEach((value, c) => {
      if (op === 'Mul' || op === 'Div') {
        const factor = op === 'Mul' ? value : 1 / value;
        scale[c]! *= factor;
        offset[c]! *= factor;
      } else offset[c]! += op === 'Add' ? value : -value;
    });
  }
  const takesBytes = isBytes || isOfBytes(scale, offset);
  const std = scale.map((factor) => 1 / (factor * (takesBytes ? WHITE : 1)));
  const mean = offset.map((value, c) => (value === 0 ? 0 : -value * std[c]!));
  return std.every((value) => value > 0 && Number.isFinite(value)) ? { mean, std, takesBytes } : null;
}

/** As torchvision's `ToTensor` and `Normalize`, whose numbers are then exactly those of the file. */
function asToTensor([scale, centre, spread, ...more]: readonly Step[]): Normalisation['values'] {
  const isUsual = scale?.op === 'Div' && centre?.op === 'Sub' && spread?.op === 'Div' && more.length === 0;
  if (!isUsual || scale.values.some((value) => value !== WHITE)) return null;
  return { mean: centre.values, std: spread.values };
}

function isOfBytes(scale: readonly number[], offset: readonly number[]): boolean {
  return scale.some((factor, c) => (factor < 0.1 && factor > 0 ? true : -offset[c]! / factor > MAX_MEAN));
}
