/** The shape of every node's output for one image size. Each operation's own rule is in its file in `operations/`. */
import type { ComputedNode, Graph, InputOp } from './graph.js';
import { GraphError } from './graph-error.js';
import { outputShape } from './meaning.js';
import { Misfit, type Shape, WindowMisfit } from './operations/operation.js';

export interface ImageSize {
  /** Pixels. */
  height: number;
  width: number;
}

/** Without the batch: `[C, H, W]` for a map, `[C]` for features, `[T, C]` for tokens, or of any other rank. */
export type ImageShape = Shape;

/**
 * Shapes without the batch: `[C, H, W]`, `[C]` after the flatten; by node name.
 * @throws GraphError `BAD_IMAGE_SIZE` for sizes that are not positive whole numbers, or not the only size that the
 *   network takes; `IMAGE_TOO_SMALL`, naming the layer where a window no longer fits; `GRAPH_SHAPES` for a graph whose
 *   nodes do not fit each other
 */
export function inferShapes(graph: Graph, image: ImageSize): Map<string, ImageShape> {
  for (const side of [image.height, image.width]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new GraphError('BAD_IMAGE_SIZE', `an image cannot have ${image.height}×${image.width} pixels`);
    }
  }
  const shapes = new Map<string, ImageShape>();
  for (const node of graph.nodes) {
    shapes.set(node.name, node.op === 'input' ? inputShape(node, image) : nodeShape(node, shapes, image));
  }
  return shapes;
}

/** torchvision's. */
const USUAL_SIZE: ImageSize = { height: 224, width: 224 };

/**
 * Shapes at the size that a network is fed; where it takes several, at the only one of its graph, or torchvision's.
 * @param size `[height, width]`; null: any @throws as `inferShapes`
 */
export function usualShapes(graph: Graph, size: readonly [number, number] | null): Map<string, ImageShape> {
  const fed = size === null ? null : { height: size[0], width: size[1] };
  return inferShapes(graph, fed ?? onlySize(graph) ?? USUAL_SIZE);
}

/** The only image size that the network takes; null: any that its operations take. */
export function onlySize({ nodes: [input] }: Graph): ImageSize | null {
  if (input?.op !== 'input' || input.size === undefined) return null;
  const [height, width] = input.size;
  return { height, width };
}

function inputShape({ channels = 3, size }: InputOp, { height, width }: ImageSize): ImageShape {
  if (size !== undefined && (size[0] !== height || size[1] !== width)) {
    throw new GraphError('BAD_IMAGE_SIZE', `images of ${height}×${width}, the network takes ${size[0]}×${size[1]}`);
  }
  return [channels, height, width];
}

function nodeShape(node: ComputedNode, shapes: ReadonlyMap<string, ImageShape>, image: ImageSize): ImageShape {
  try {
    const inputs = node.inputs.map((name) => {
      const shape = shapes.get(name);
      if (shape === undefined) throw new Misfit(`its input ${name} does not come before it`);
      return shape;
    });
    return outputShape(node, inputs);
  } catch (error) {
    if (error instanceof Misfit) throw withPlace(error, node, image);
    throw error;
  }
}

/** The error under the name of the node where it occurred. */
function withPlace(misfit: Misfit, node: ComputedNode, image: ImageSize): GraphError {
  if (misfit instanceof WindowMisfit) {
    return new GraphError(
      'IMAGE_TOO_SMALL',
      `images of ${image.height}×${image.width} are too small for this network: ${node.name} gets ${misfit.message}`,
      { hint: 'Resize the images, or take a tap before this layer.' },
    );
  }
  return new GraphError('GRAPH_SHAPES', `${node.name} (${node.op}) does not fit into the graph: ${misfit.message}`);
}
