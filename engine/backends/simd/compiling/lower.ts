/**
 * Turns a layer graph into the steps that kernels compute. Nodes that need not run are left out, nodes that one kernel
 * computes in one pass become one step, others become several, and views become names for the same value. It knows
 * nothing about memory, and about sizes only the shapes.
 */
import type { ComputedNode, Graph, GraphNode, ImageShape } from '../../../../graph/index.js';
import { EngineError } from '../../../contract/engine-error.js';
import type { Operand, Step } from '../planning/step.js';
import { type BufferMap, shapeOf, type View } from '../planning/view.js';
import { Building } from './building.js';
import {
  lowerActivation,
  lowerAdd,
  lowerBatchNorm,
  lowerConvolution,
  lowerLinear,
  lowerPointwise,
  lowerPooling,
} from './lower-buffer.js';
import { lowerArithmetic, lowerPRelu } from './lower-combination.js';
import { lowerConcat, lowerGather, lowerPad } from './lower-copy.js';
import {
  lowerGroupNorm,
  lowerLayerNorm,
  lowerLocalResponseNorm,
  lowerNormalize,
  lowerReduce,
  lowerSoftmax,
} from './lower-norm.js';
import { lowerAttention, lowerMatmul, lowerResize, lowerTransposedConvolution } from './lower-product.js';
import { lowerExpand, lowerPermute, lowerPixelShuffle, lowerReshape, lowerSelect, lowerSlice } from './lower-view.js';
import { Uses } from './uses.js';

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
  for (const node of nodes) {
    if (node.op !== 'input') building.setView(node.name, lowerNode(node, building, uses));
  }
  for (const node of nodes) {
    if (wanted.has(node.name) && node.op !== 'input') building.setView(node.name, keptView(node, building));
  }
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

/** Numbers that follow from the model alone are outputs only as a copy. */
function keptView(node: ComputedNode, building: Building): View {
  const operand = building.operand(node.name);
  return operand.fixed === null ? operand.view : building.inArena(node, operand).view;
}

/** The softmax is taken of values with one position, whose lanes are classes. */
function logitsOf(node: GraphNode, building: Building): string | null {
  const operand = building.operand(node.name);
  const [, height, width] = building.map(operand.view.source);
  if (building.isWhole(operand) && height * width === 1) return operand.view.source;
  const shape = shapeOf(operand.view);
  if (node.op === 'input' || shape.length !== 1) return null;
  return building.copy(node, operand, building.roomOfRows(shape), 'logits').source;
}

type NodeOf<Name extends ComputedNode['op']> = Extract<ComputedNode, { op: Name }>;

type Lowerings = {
  readonly [Name in ComputedNode['op']]: (node: NodeOf<Name>, building: Building, uses: Uses) => View;
};

/** A view of an earlier value. */
function look<N extends ComputedNode>(lowered: (node: N, building: Building) => Operand) {
  return (node: N, building: Building): View => lowered(node, building).view;
}

function unknown({ name, op }: ComputedNode): never {
  throw new EngineError('UNKNOWN_OPERATION', `${name}: no kernel of simd computes ${op}`, {
    hint: 'Install onnxruntime-node beside image-drift and use --backend onnxruntime.',
  });
}

const LOWERINGS: Lowerings = {
  identity: look((node, building) => building.operand(node.inputs[0]!)),
  flatten: look(lowerReshape),
  reshape: look(lowerReshape),
  permute: look(lowerPermute),
  select: look(lowerSelect),
  slice: look(lowerSlice),
  expand: look(lowerExpand),
  pixelShuffle: look(lowerPixelShuffle),
  parameter: look((node, building) => building.addFixed(node)),
  constant: look((node, building) => building.addFixed(node)),
  conv2d: lowerConvolution,
  linear: lowerLinear,
  batchNorm2d: lowerBatchNorm,
  maxPool2d: lowerPooling,
  avgPool2d: lowerPooling,
  adaptiveAvgPool2d: lowerPooling,
  adaptiveMaxPool2d: lowerPooling,
  relu: lowerActivation,
  relu6: lowerActivation,
  pointwise: lowerPointwise,
  add: lowerAdd,
  sub: lowerArithmetic,
  mul: lowerArithmetic,
  div: lowerArithmetic,
  pow: lowerArithmetic,
  maximum: lowerArithmetic,
  minimum: lowerArithmetic,
  prelu: lowerPRelu,
  concat: lowerConcat,
  gather: lowerGather,
  pad: lowerPad,
  layerNorm: lowerLayerNorm,
  groupNorm: lowerGroupNorm,
  localResponseNorm: lowerLocalResponseNorm,
  normalize: lowerNormalize,
  reduce: lowerReduce,
  softmax: lowerSoftmax,
  matmul: lowerMatmul,
  attention: lowerAttention,
  resize: lowerResize,
  convTranspose2d: lowerTransposedConvolution,
  onnxFile: unknown,
};

function lowerNode(node: ComputedNode, building: Building, uses: Uses): View {
  // The table says which nodes an entry takes, and the compiler that it is right. A stored graph may have others.
  const lowering: Lowerings[typeof node.op] | undefined = LOWERINGS[node.op];
  return (lowering ?? unknown)(node as never, building, uses);
}
