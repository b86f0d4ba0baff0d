/** What the operators of a node must know of the values that it reads. */
import type { Graph } from '../graph.js';
import type { ImageShape } from '../shapes.js';

export interface KnownValues {
  /** Number of dimensions, with the batch. */
  rankOf(name: string): number;
  /** Whether the value is the same for all images, and so has a batch of one: a tensor of the network. */
  isForAllImages(name: string): boolean;
}

/** @param shapes of all nodes, for any size that the network takes: ranks do not depend on it */
export function knownValues({ nodes }: Graph, shapes: ReadonlyMap<string, ImageShape>): KnownValues {
  const forAll = new Set<string>();
  for (const { name, op, inputs } of nodes) {
    if (op !== 'input' && inputs.every((input) => forAll.has(input))) forAll.add(name);
  }
  return {
    rankOf: (name) => shapes.get(name)!.length + 1,
    isForAllImages: (name) => forAll.has(name),
  };
}
