/** Which of a graph's inputs takes the image, and how it lies there. */
import { quoted } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import { intAttribute } from '../file/attributes.js';
import type { OnnxGraph, OnnxModel, OnnxValueInfo } from '../file/onnx-model.js';

export interface ImageInput {
  name: string;
  channels: number;
  /** `[N, height, width, channels]`, as TensorFlow has it; otherwise `[N, channels, height, width]`. */
  isChannelsLast: boolean;
  /** `[height, width]`; null for a side that is not fixed. */
  size: readonly [number | null, number | null];
  /** Images in a batch; null: any number. */
  batch: number | null;
  /** TensorProto.DataType. */
  elementType: number;
  /** Whether it takes pixels as bytes. */
  isBytes: boolean;
}

/** How many channels images may have. */
const CHANNELS: readonly (number | string | undefined)[] = [1, 3, 4];

/** @throws ConvertError `ONNX_INPUT` for a graph that does not have one input for images */
export function imageInput({ graph, label }: OnnxModel): ImageInput {
  const inputs = graph.inputs.filter(({ name }) => !graph.initialisers.has(name));
  const images = inputs.filter(({ shape }) => shape === null || shape.length === 4);
  const [image] = images;
  if (image === undefined || inputs.length !== 1) throw notOne(label, inputs);
  const shape = image.shape ?? ['', '', '', ''];
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
    elementType: image.elementType,
    isBytes: image.elementType === 2,
  };
}

function fixed(size: number | string | undefined): number | null {
  return typeof size === 'number' ? size : null;
}

function notOne(label: string, inputs: readonly OnnxValueInfo[]): ConvertError {
  const told = inputs
    .slice(0, 8)
    .map(({ name, shape }) => `${quoted(name.slice(0, 100))} [${shape?.map((size) => size || '?').join(', ') ?? '?'}]`);
  return new ConvertError(
    'ONNX_INPUT',
    `${label}: one input of images is needed, [N, channels, height, width]; it has ${told.join(', ') || 'none'}`,
    { hint: 'Export the part that takes images by itself, for instance the vision tower of CLIP.' },
  );
}

/** Colour, unless a convolution that reads the image says otherwise. */
function channelsOfFirstConvolution({ nodes, initialisers }: OnnxGraph, name: string): number {
  const first = nodes.find(({ op, inputs }) => op === 'Conv' && inputs[0] === name);
  const inGroup = initialisers.get(first?.inputs[1] ?? '')?.dims[1];
  return first === undefined || inGroup === undefined ? 3 : inGroup * intAttribute(first, 'group', 1);
}
