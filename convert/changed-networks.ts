/** Networks that are changed once, when they are converted: one output for two classes; blue, green and red. */
import { firstTwice, quoted } from '../base/index.js';
import { type Graph, type GraphNode, parameterName } from '../graph/index.js';
import { networkGraph } from '../graph/stored/index.js';
import type { ModelConfig, StoredGraph, Tensor } from '../weights/index.js';
import { ConvertError } from './convert-error.js';
import type { ReadModel } from './read-model.js';

/** Whether the one output of a network stands for two classes: two names are given. */
export function isOneLogit(outputs: number, names: readonly string[] | undefined): boolean {
  return outputs === 1 && names?.length === 2;
}

/** Asked of a network whose one output nobody has given a meaning: a softmax of it is 1 for each image. */
export function oneOutput(label: string): ConvertError {
  return new ConvertError('HEAD_AMBIGUOUS', `${label}: has one output, so a softmax of it would be 1 for each image`, {
    hint: 'If it is the logit of the second of two classes: --classes NO,YES. For embeddings without scores: --head none.',
  });
}

/** Told of a network with one output that may be such a logit. */
export const ONE_CLASS =
  'its one output is the only class, which each image gets with 100 % (--classes NO,YES if it is the logit of YES)';

/**
 * The model with an output for each of its two classes; its one output is the logit of the second.
 * @throws ConvertError `CLASSES_MISMATCH` if no Linear gives the output
 */
export function withTwoClasses(model: ReadModel): ReadModel {
  return model.config.graph === undefined ? withTwoOutputs(model) : withTwoLogits(model, model.config.graph);
}

/** Behind the output `z` of a graph comes `[0, z]`: every layer stays what it is. */
function withTwoLogits(model: ReadModel, graph: StoredGraph): ReadModel {
  const { config } = model;
  let name = `${graph.output}:classes`;
  while (graph.nodes.some((node) => node.name === name)) name += ':2';
  const node = {
    name,
    op: 'linear' as const,
    inputs: [graph.output],
    attrs: { inFeatures: 1, outFeatures: 2, bias: false },
  };
  const weight: Tensor = { shape: [2, 1], data: Float32Array.of(0, 1) };
  return {
    ...model,
    tensors: new Map([...model.tensors, [parameterName(name, 'weight'), weight]]),
    config: withAssumption({ ...config, graph: { ...graph, nodes: [...graph.nodes, node], output: name } }),
  };
}

function withAssumption(config: ModelConfig): ModelConfig {
  const { provenance, classes } = config;
  const assumed = [
    ...(provenance.assumed ?? []),
    `the one output is the logit of ${classes[1]}, the second of two classes`,
  ];
  return { ...config, provenance: { ...provenance, assumed } };
}

function withTwoOutputs(model: ReadModel): ReadModel {
  const { config } = model;
  const last = lastLayer(config);
  if (last.op !== 'linear') {
    const message = `${config.provenance.source}: 2 classes are named and the network has 1 output, which no Linear gives: ${last.name} is ${last.op}`;
    throw new ConvertError('CLASSES_MISMATCH', message);
  }
  const tensors = new Map(model.tensors);
  for (const parameter of ['weight', 'bias']) {
    const name = parameterName(last.name, parameter);
    const tensor = tensors.get(name);
    if (tensor !== undefined) tensors.set(name, withZeros(tensor));
  }
  return { ...model, tensors, config: withAssumption(config) };
}

function lastLayer(config: ModelConfig): GraphNode {
  const { nodes, output } = networkGraph(config);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let node = byName.get(output)!;
  while (node.op === 'identity') node = byName.get(node.inputs[0]!)!;
  return node;
}

/** One row more, before the only one. */
function withZeros({ shape, data }: Tensor): Tensor {
  const values = new Float32Array(2 * data.length);
  values.set(data, data.length);
  return { shape: [2, ...shape.slice(1)], data: values };
}

/** @throws ConvertError `CLASSES_MISMATCH` for another number of names, or one that is there twice */
export function chooseClasses(outputs: number, names: readonly string[] | undefined, label: string): string[] {
  if (names === undefined) return Array.from({ length: outputs }, (_, i) => `class_${i}`);
  if (names.length !== outputs) {
    const message =
      `${label}: ${names.length.toLocaleString('en')} class names given, the network has ` +
      `${outputs.toLocaleString('en')} outputs`;
    throw new ConvertError('CLASSES_MISMATCH', message);
  }
  const twice = firstTwice(names);
  if (twice !== undefined) throw new ConvertError('CLASSES_MISMATCH', `the class name ${quoted(twice)} is there twice`);
  return [...names];
}

// Networks trained on blue, green and red, as OpenCV and Caffe have pixels: their first filters are turned once.

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
      const message = `${label}: its first layer ${node.name} is ${node.op}, and only a convolution of all colours can be turned`;
      throw new ConvertError('CHANNEL_ORDER', message);
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
