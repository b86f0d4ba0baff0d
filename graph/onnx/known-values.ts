/** What the operators of a node must know of the values that it reads. */
import type { Graph } from '../graph.js';
import type { KnownValues } from '../operations/onnx-form.js';
import type { ImageShape } from '../shapes.js';

/**
 * @param shapes of all nodes for a size that the network takes
 * @param others for another size, if the network takes any: what differs depends on the size
 */
export function knownValues(
  { nodes }: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  others: ReadonlyMap<string, ImageShape>,
): KnownValues {
  const forAll = new Set<string>();
  for (const { name, op, inputs } of nodes) {
    if (op !== 'input' && inputs.every((input) => forAll.has(input))) forAll.add(name);
  }
  return {
    rankOf: (name) => shapes.get(name)!.length + 1,
    shapeOf(name) {
      const other = others.get(name)!;
      return shapes.get(name)!.map((size, i) => (size === other[i] ? size : null));
    },
    isForAllImages: (name) => forAll.has(name),
  };
}
