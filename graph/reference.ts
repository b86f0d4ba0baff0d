/** Runs a graph by its operations' definitions, to compare with. It is slow, and the room's index leaves it out. */
import type { BoundGraph } from './bound-graph.js';
import { parameterName, referenceOutput } from './meaning.js';
import type { Values } from './operations/operation.js';

/** The output of every node, by name. @param images normalised, `[N, 3, H, W]` */
export function runReference({ graph, tensors }: BoundGraph, images: Values): Map<string, Values> {
  const outputs = new Map<string, Values>();
  for (const node of graph.nodes) {
    if (node.op === 'input') {
      outputs.set(node.name, images);
      continue;
    }
    const inputs = node.inputs.map((name) => outputs.get(name)!);
    const parameter = (name: string) => tensors.get(parameterName(node.name, name))!.data;
    const output = referenceOutput(node, inputs, parameter);
    outputs.set(node.name, node.inputs.length > 0 ? output : repeated(output, images.shape[0]!));
  }
  return outputs;
}

/** A tensor that is used as a value, once for each image. */
function repeated({ shape: [, ...shape], data }: Values, images: number): Values {
  const all = new Float64Array(images * data.length);
  for (let image = 0; image < images; image++) all.set(data, image * data.length);
  return { shape: [images, ...shape], data: all };
}
