/**
 * Networks with one output for two classes, as a binary cross-entropy trains them: the output is the logit `z` of the second
 * class. The softmax of `[0, z]` is `[1 − sigmoid(z), sigmoid(z)]`. So the last Linear gets a first row of zeros.
 */

import { quoted } from '../base/index.js';
import { type GraphNode, parameterName } from '../graph/index.js';
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
 * The model with an output for each of its two classes.
 *
 * @param model its one output is the logit of the second class
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
    throw new ConvertError(
      'CLASSES_MISMATCH',
      `${config.provenance.source}: 2 classes are named and the network has 1 output, which no Linear gives: ${last.name} is ${last.op}`,
    );
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
    throw new ConvertError(
      'CLASSES_MISMATCH',
      `${label}: ${names.length.toLocaleString('en')} class names given, the network has ` +
        `${outputs.toLocaleString('en')} outputs`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConvertError('CLASSES_MISMATCH', `the class name ${quoted(twice)} is there twice`);
  return [...names];
}
