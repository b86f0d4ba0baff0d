/**
 * Runs a graph by the definitions of its operations: plain loops, float64. Engines, passes and importers are compared
 * with it. It is slow, and nothing loads it before it is asked for: the room's index leaves it out.
 */
import type { BoundGraph } from './bound-graph.js';
import { referenceOutput } from './meaning.js';
import type { Values } from './operations/operation.js';
import { parameterName } from './parameters.js';

/**
 * The output of every node, by name.
 *
 * @param images what the network sees, normalised: `[N, 3, H, W]`
 */
export function runReference({ graph, tensors }: BoundGraph, images: Values): Map<string, Values> {
  const outputs = new Map<string, Values>();
  for (const node of graph.nodes) {
    if (node.op === 'input') {
      outputs.set(node.name, images);
      continue;
    }
    const inputs = node.inputs.map((name) => outputs.get(name)!);
    const parameter = (name: string) => tensors.get(parameterName(node.name, name))!.data;
    outputs.set(node.name, referenceOutput(node, inputs, parameter));
  }
  return outputs;
}
