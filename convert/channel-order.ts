/**
 * Networks that were trained on blue, green and red in this order, as OpenCV and Caffe have pixels. Their first filters are
 * turned once, so that the network takes red, green and blue like every other.
 */
import { type Graph, type GraphNode, parameterName } from '../graph/index.js';
import { networkGraph } from '../graph/stored/index.js';
import type { Tensor } from '../weights/index.js';
import { ConvertError } from './convert-error.js';
import type { ReadModel } from './read-model.js';

const COLOURS = 3;
/** They leave the channels as they are. */
const PASSING: readonly GraphNode['op'][] = ['identity', 'pad'];

/** @throws ConvertError `CHANNEL_ORDER` for a network whose first layers are no convolutions of all three colours */
export function withRedFirst(model: ReadModel): ReadModel {
  const { config } = model;
  const label = config.provenance.source;
  if (config.onnxFile !== undefined) {
    throw new ConvertError('CHANNEL_ORDER', `${label}: runs as it is, so its first filters cannot be turned`);
  }
  const channels = config.preprocessing.mean.length;
  if (channels !== COLOURS) {
    throw new ConvertError('CHANNEL_ORDER', `${label}: takes ${channels} channels, blue, green and red are 3`);
  }
  const tensors = new Map(model.tensors);
  for (const node of firstLayers(networkGraph(config))) {
    if (node.op !== 'conv2d' || node.attrs.groups !== 1) {
      throw new ConvertError(
        'CHANNEL_ORDER',
        `${label}: its first layer ${node.name} is ${node.op}, and only a convolution of all colours can be turned`,
      );
    }
    const name = parameterName(node.name, 'weight');
    tensors.set(name, { ...tensors.get(name)!, ...turned(tensors.get(name)!) });
  }
  const assumed = [
    ...(config.provenance.assumed ?? []),
    'the network was trained on blue, green and red: its first filters are turned, so that it takes red, green and blue',
  ];
  return { ...model, tensors, config: { ...config, provenance: { ...config.provenance, assumed } } };
}

/** The layers that see the image. */
function firstLayers({ nodes }: Graph): GraphNode[] {
  const names = new Set(nodes.filter(({ op }) => op === 'input').map(({ name }) => name));
  const first: GraphNode[] = [];
  for (const node of nodes) {
    if (!node.inputs.some((input) => names.has(input))) continue;
    if (PASSING.includes(node.op)) names.add(node.name);
    else first.push(node);
  }
  return first;
}

/** Filters `[out, 3, height, width]` with the first and the last colour exchanged. */
function turned({ shape, data }: Tensor): Tensor {
  const [, , height = 1, width = 1] = shape;
  const size = height * width;
  const values = Float32Array.from(data, (_, i) => {
    const [filter, inside] = [Math.floor(i / (COLOURS * size)), i % (COLOURS * size)];
    const colour = COLOURS - 1 - Math.floor(inside / size);
    return data[(filter * COLOURS + colour) * size + (inside % size)]!;
  });
  return { shape, data: values };
}
