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

function lowerNode(node: ComputedNode, building: Building, uses: Uses): View {
  const looked = lowerLook(node, building);
  if (looked === null) return lowerComputed(node, building, uses);
  return looked.view;
}

/** A view of an earlier value; null for what is computed. */
function lowerLook(node: ComputedNode, building: Building): Operand | null {
  switch (node.op) {
    case 'identity':
      return building.operand(node.inputs[0]!);
    case 'flatten':
    case 'reshape':
      return lowerReshape(node, building);
    case 'permute':
      return lowerPermute(node, building);
    case 'select':
      return lowerSelect(node, building);
    case 'slice':
      return lowerSlice(node, building);
    case 'expand':
      return lowerExpand(node, building);
    case 'pixelShuffle':
      return lowerPixelShuffle(node, building);
    case 'parameter':
    case 'constant':
      return building.addFixed(node);
    default:
      return null;
  }
}

function lowerComputed(node: ComputedNode, building: Building, uses: Uses): View {
  switch (node.op) {
    case 'conv2d':
      return lowerConvolution(node, building);
    case 'linear':
      return lowerLinear(node, building);
    case 'batchNorm2d':
      return lowerBatchNorm(node, building);
    case 'maxPool2d':
    case 'avgPool2d':
    case 'adaptiveAvgPool2d':
    case 'adaptiveMaxPool2d':
      return lowerPooling(node, building);
    case 'relu':
    case 'relu6':
      return lowerActivation(node, building, uses);
    case 'pointwise':
      return lowerPointwise(node, building);
    case 'add':
      return lowerAdd(node, building, uses);
    case 'sub':
    case 'mul':
    case 'div':
    case 'pow':
    case 'maximum':
    case 'minimum':
      return lowerArithmetic(node, building);
    case 'prelu':
      return lowerPRelu(node, building);
    case 'concat':
      return lowerConcat(node, building);
    case 'gather':
      return lowerGather(node, building);
    case 'pad':
      return lowerPad(node, building);
    case 'layerNorm':
      return lowerLayerNorm(node, building);
    case 'groupNorm':
      return lowerGroupNorm(node, building);
    case 'localResponseNorm':
      return lowerLocalResponseNorm(node, building);
    case 'normalize':
      return lowerNormalize(node, building);
    case 'reduce':
      return lowerReduce(node, building);
    case 'softmax':
      return lowerSoftmax(node, building);
    case 'matmul':
      return lowerMatmul(node, building);
    case 'attention':
      return lowerAttention(node, building);
    case 'resize':
      return lowerResize(node, building);
    case 'convTranspose2d':
      return lowerTransposedConvolution(node, building);
    default:
      throw new EngineError('UNKNOWN_OPERATION', `${node.name}: no kernel of simd computes ${node.op}`, {
        hint: 'Install onnxruntime-node beside image-drift and use --backend onnxruntime.',
      });
  }
}
