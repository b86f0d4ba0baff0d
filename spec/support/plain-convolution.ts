import { type BoundGraph, bind, type Conv2dAttrs } from '../../graph/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { runReference } from '../../graph/reference.js';
import type { Tensor } from '../../weights/index.js';
import { formulaImage } from './formula-tensors.js';
import { relativeError } from './relative-error.js';
import { assert } from './test.js';

/** A square filter of an odd side, of stride 1, with a border that keeps the map as large as it is. */
export function plainConvolution(side: number, inChannels: number, outChannels: number, bias = true) {
  const border = (side - 1) / 2;
  return {
    inChannels,
    outChannels,
    kernel: [side, side],
    stride: [1, 1],
    padding: [border, border, border, border],
    dilation: [1, 1],
    groups: 1,
    bias,
  } as const satisfies Conv2dAttrs;
}

// The reference of `graph/` on a single image. Passes and engines are compared with it.

export type { Values } from '../../graph/operations/operation.js';

/** Every node's output, `[C, H, W]` or `[C]`, by name. @param image what a network sees, `[3, H, W]` */
export function evaluate(bound: BoundGraph, image: Tensor): Map<string, Values> {
  const images = { shape: [1, ...image.shape], data: Float64Array.from(image.data) };
  return new Map([...runReference(bound, images)].map(([name, values]) => [name, firstOf(values)]));
}

/** A batch of one without its first dimension. */
export function firstOf({ shape, data }: Values): Values {
  return { shape: shape.slice(1), data };
}

/** Asserts that a graph is complete and that these outputs of it are those of another one. */
export function expectSame(before: BoundGraph, after: BoundGraph, wanted: Iterable<string>, tolerance: number): void {
  bind(after.graph, after.tensors);
  const names = new Set(after.graph.nodes.map(({ name }) => name));
  for (const node of [...after.graph.modules.values(), after.graph.output]) assert.ok(names.has(node), node);
  const image = formulaImage(3, 7, 6);
  const [expected, found] = [evaluate(before, image), evaluate(after, image)];
  for (const name of wanted) {
    assert.equal(found.get(name)!.shape, expected.get(name)!.shape);
    assert.ok(relativeError(found.get(name)!.data, expected.get(name)!.data) < tolerance, name);
  }
}

/** The graph that a pass makes. Asserts that kept outputs stay, and that the pass leaves its input as it is. */
export function applied(
  pass: (bound: BoundGraph, keep: ReadonlySet<string>) => BoundGraph,
  before: BoundGraph,
  keep: readonly string[],
  tolerance: number,
): BoundGraph {
  const original = structuredClone(before);
  const after = pass(before, new Set(keep));
  assert.equal(before, original, 'the input of a pass stays as it is');
  expectSame(before, after, keep, tolerance);
  return after;
}
