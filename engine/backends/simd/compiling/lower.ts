/** From a layer graph to the steps that kernels compute, of which a node may be one, several, a part, or a view. */

import type { ComputedNode, Graph, GraphNode, ImageShape } from '../../../../graph/index.js';
import { EngineError } from '../../../contract/engine-error.js';
import type { Operand, Step } from '../planning/step.js';
import { type BufferMap, shapeOf, type View } from '../planning/view.js';
import { Building, type NodeOf, Uses } from './building.js';
import * as buffer from './lower-buffer.js';
import * as norm from './lower-norm.js';
import * as product from './lower-product.js';
import * as view from './lower-view.js';

export interface Lowered {
  steps: readonly Step[];
  /** Name of the input node. */
  input: string;
  /** Node → the step whose buffer has its value. */
  sourceOf(node: string): string;
  /** How a node's value lies in that buffer. */
  viewOf(node: string): View;
  /** The shape of a node's value, or of a step that is a part of a node. */
  shapeOf(name: string): ImageShape;
  /** Lanes, and height and width of the positions, of a step's buffer. */
  mapOf(step: string): BufferMap;
  /** The step whose rows are the logits; null if there is none. */
  logits: string | null;
}

/**
 * @param scored the node whose softmax is wanted
 * @throws EngineError `UNKNOWN_OPERATION`
 */
export function lower(
  graph: Graph,
  shapes: ReadonlyMap<string, ImageShape>,
  wanted: ReadonlySet<string>,
  scored: string | null = null,
): Lowered {
  const needed = neededNodes(graph, wanted);
  const nodes = graph.nodes.filter(({ name }) => needed.has(name));
  const [input] = graph.nodes;
  const building = new Building(input!, shapes);
  const uses = new Uses(nodes, wanted);
  const each = (nodes: readonly GraphNode[], lowered: (node: ComputedNode) => Operand) => {
    for (const node of nodes) {
      if (node.op === 'input') continue;
      building.node = node;
      building.setView(node.name, lowered(node).view);
    }
  };
  each(nodes, (node) => lowerNode(node, building, uses));
  const kept = nodes.filter(({ name }) => wanted.has(name));
  // Numbers that follow from the model alone are outputs only as a copy.
  each(kept, ({ name }) => building.inArena(building.operand(name)));
  const logits = scored === null ? null : logitsOf(nodes.find(({ name }) => name === scored)!, building);
  return {
    steps: [...building.steps.values()],
    input: input!.name,
    sourceOf: (node) => building.view(node).source,
    viewOf: (node) => building.view(node),
    shapeOf: (name) => building.shape(name),
    mapOf: (step) => building.map(step),
    logits,
  };
}

function neededNodes(graph: Graph, wanted: ReadonlySet<string>): Set<string> {
  const needed = new Set(wanted);
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node.name)) for (const input of node.inputs) needed.add(input);
  }
  return needed;
}

/** The softmax is taken of values with one position, whose lanes are classes. */
function logitsOf(node: GraphNode, building: Building): string | null {
  const operand = building.operand(node.name);
  const [, height, width] = building.map(operand.view.source);
  if (building.isWhole(operand) && height * width === 1) return operand.view.source;
  const shape = shapeOf(operand.view);
  if (node.op === 'input' || shape.length !== 1) return null;
  building.node = node;
  return building.copy(operand, building.roomOfRows(shape), 'logits').view.source;
}

type Lowerings = {
  readonly [Name in ComputedNode['op']]: (node: NodeOf<Name>, building: Building, uses: Uses) => Operand;
};

function unknown({ name, op }: ComputedNode): never {
  throw new EngineError('UNKNOWN_OPERATION', `${name}: no kernel of simd computes ${op}`, {
    hint: 'Install onnxruntime-node beside image-drift and use --backend onnxruntime.',
  });
}

const LOWERINGS: Lowerings = {
  identity: (_, building) => building.operands()[0],
  flatten: view.lowerReshape,
  reshape: view.lowerReshape,
  permute: view.lowerPermute,
  select: view.lowerSelect,
  slice: view.lowerSlice,
  expand: view.lowerExpand,
  pixelShuffle: view.lowerPixelShuffle,
  concat: view.lowerConcat,
  gather: view.lowerGather,
  pad: view.lowerPad,
  parameter: (node, building) => building.addFixed(node),
  constant: (node, building) => building.addFixed(node),
  conv2d: buffer.lowerConvolution,
  linear: buffer.lowerLinear,
  batchNorm2d: buffer.lowerBatchNorm,
  maxPool2d: buffer.lowerPooling,
  avgPool2d: buffer.lowerPooling,
  adaptiveAvgPool2d: buffer.lowerPooling,
  adaptiveMaxPool2d: buffer.lowerPooling,
  relu: buffer.lowerActivation,
  relu6: buffer.lowerActivation,
  pointwise: buffer.lowerPointwise,
  add: buffer.lowerAdd,
  sub: buffer.lowerArithmetic,
  mul: buffer.lowerArithmetic,
  div: buffer.lowerArithmetic,
  pow: buffer.lowerArithmetic,
  maximum: buffer.lowerArithmetic,
  minimum: buffer.lowerArithmetic,
  gate: buffer.lowerArithmetic,
  prelu: buffer.lowerPRelu,
  layerNorm: norm.lowerLayerNorm,
  groupNorm: norm.lowerGroupNorm,
  localResponseNorm: norm.lowerLocalResponseNorm,
  normalize: norm.lowerNormalize,
  reduce: norm.lowerReduce,
  softmax: norm.lowerSoftmax,
  matmul: product.lowerMatmul,
  attention: product.lowerAttention,
  resize: product.lowerResize,
  convTranspose2d: product.lowerTransposedConvolution,
  onnxFile: unknown,
};

function lowerNode(node: ComputedNode, building: Building, uses: Uses): Operand {
  // The table says which nodes an entry takes, and the compiler that it is right. A stored graph may have others.
  const lowering: Lowerings[typeof node.op] | undefined = LOWERINGS[node.op];
  return (lowering ?? unknown)(node as never, building, uses);
}
