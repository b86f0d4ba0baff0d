/**
 * Turns a layer graph into the steps that kernels compute. Nodes that need not run are left out, nodes that one kernel
 * computes in one pass become one step, and views become names for the same value. It knows nothing about memory, and
 * about sizes only the shapes.
 */

import type { Activation, ComputedNode, Graph, GraphNode, ImageShape } from '../../../../graph/index.js';
import { EngineError } from '../../../contract/engine-error.js';
import { type Clamp, NO_CLAMP } from '../abi/layout.js';
import type { Step, StepKind } from '../planning/step.js';

export interface Lowered {
  steps: readonly Step[];
  /** Name of the input node. */
  input: string;
  /** Node → the node that computes its value; itself for most. */
  sourceOf(node: string): string;
  /** `[channels, height, width]` of a value as it lies in memory. A flattened value keeps its map. */
  mapOf(node: string): readonly [number, number, number];
}

const ACTIVATIONS: Readonly<Record<Activation, Clamp>> = { relu: [0, Number.POSITIVE_INFINITY], relu6: [0, 6] };

/** @throws EngineError `UNKNOWN_OPERATION` */
export function lower(graph: Graph, shapes: ReadonlyMap<string, ImageShape>, wanted: ReadonlySet<string>): Lowered {
  const needed = neededNodes(graph, wanted);
  const nodes = graph.nodes.filter(({ name }) => needed.has(name));
  const views = viewsOf(nodes);
  const sourceOf = (node: string): string => views.get(node) ?? node;
  const mapOf = (node: string): readonly [number, number, number] => {
    const [channels = 1, height = 1, width = 1] = shapes.get(sourceOf(node))!;
    return [channels, height, width];
  };

  const fusion = new Fusion(nodes, views, new Set([...wanted].map(sourceOf)));
  for (const node of nodes) {
    if (node.op === 'input') continue;
    expectKnownRank(node, shapes);
    if (views.has(node.name)) continue;
    expectMaps(node, mapOf);
    fusion.take(node, mapOf);
  }
  return { steps: fusion.steps, input: graph.nodes[0]!.name, sourceOf, mapOf };
}

function neededNodes(graph: Graph, wanted: ReadonlySet<string>): Set<string> {
  const needed = new Set(wanted);
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node.name)) for (const input of node.inputs) needed.add(input);
  }
  return needed;
}

/** Identities and flattened maps: other names for their inputs. */
function viewsOf(nodes: readonly GraphNode[]): Map<string, string> {
  const views = new Map<string, string>();
  for (const { name, op, inputs } of nodes) {
    if (op === 'identity' || op === 'flatten') views.set(name, views.get(inputs[0]!) ?? inputs[0]!);
  }
  return views;
}

/** The kernels take maps, `[C, H, W]`, and flattened maps or features, `[C]`. */
function expectKnownRank(node: ComputedNode, shapes: ReadonlyMap<string, ImageShape>): void {
  const shape = shapes.get(node.name)!;
  if (node.op === 'parameter' || (shape.length !== 1 && (shape.length !== 3 || node.op === 'linear'))) {
    const given = `it gives [${shape.join(', ')}]`;
    throw new EngineError('UNKNOWN_OPERATION', `${node.name}: no kernel computes this ${node.op}, ${given}`);
  }
}

/** Once maps are flattened, values of one shape may lie differently in memory. */
function expectMaps(node: GraphNode, mapOf: (node: string) => readonly [number, number, number]): void {
  const maps = node.inputs.map(mapOf);
  const [first] = maps;
  if (node.op === 'concat' && node.attrs.axis !== 1) {
    throw new EngineError('UNKNOWN_OPERATION', `${node.name}: no kernel joins maps along axis ${node.attrs.axis}`);
  }
  const agree =
    node.op === 'add'
      ? maps.every((map) => map.join() === first!.join())
      : node.op !== 'concat' || maps.every(([, ...plane]) => plane.join() === first!.slice(1).join());
  if (agree && (node.op !== 'concat' || mapOf(node.name).slice(1).join() === first!.slice(1).join())) return;
  const described = maps.map((map) => map.join('×')).join(' and ');
  throw new EngineError('UNKNOWN_OPERATION', `${node.name} (${node.op}) joins maps of ${described}`);
}

/** Takes nodes in order and makes one step of several if a kernel can compute them together. */
class Fusion {
  readonly #steps = new Map<string, Step>();
  readonly #uses = new Map<string, number>();
  readonly #views: ReadonlyMap<string, string>;
  readonly #wanted: ReadonlySet<string>;

  constructor(nodes: readonly GraphNode[], views: ReadonlyMap<string, string>, wanted: ReadonlySet<string>) {
    this.#views = views;
    this.#wanted = wanted;
    for (const node of nodes) {
      if (views.has(node.name)) continue;
      for (const input of this.#inputsOf(node)) this.#uses.set(input, (this.#uses.get(input) ?? 0) + 1);
    }
  }

  get steps(): Step[] {
    return [...this.#steps.values()];
  }

  take(node: Exclude<GraphNode, { op: 'input' }>, mapOf: (node: string) => readonly [number, number, number]): void {
    const inputs = this.#inputsOf(node);
    const step = this.#fused(node, inputs) ?? {
      ...stepKind(node, mapOf(inputs[0]!)),
      node: node.name,
      operation: activationOf(node) === null || isActivation(node) ? node.op : `${node.op}+${activationOf(node)}`,
      inputs,
      residual: null,
      clamp: clampOf(node),
    };
    this.#steps.set(node.name, step);
  }

  /**
   * The node together with an earlier step, which then no longer exists; null if the node must be a step of its own.
   */
  #fused(node: GraphNode, inputs: readonly string[]): Step | null {
    if (isActivation(node)) {
      const before = this.#free(inputs[0]!);
      if (before === null || before.clamp !== NO_CLAMP || before.kind === 'concat') return null;
      this.#steps.delete(before.node);
      return { ...before, node: node.name, operation: `${before.operation}+${node.op}`, clamp: clampOf(node) };
    }
    if (node.op !== 'add' || inputs.length !== 2 || inputs[0] === inputs[1]) return null;
    const before = inputs.map((input) => this.#free(input)).filter((step) => step !== null && takesResidual(step));
    const order = [...this.#steps.keys()];
    const latest = before.sort((a, b) => order.indexOf(b!.node) - order.indexOf(a!.node))[0] ?? null;
    if (latest === null) return null;
    this.#steps.delete(latest.node);
    const activation = activationOf(node);
    return {
      ...latest,
      node: node.name,
      operation: `${latest.operation}+add${activation === null ? '' : `+${activation}`}`,
      residual: inputs.find((input) => input !== latest.node)!,
      clamp: clampOf(node),
    };
  }

  /** The step that made a value, if nothing else needs the value. */
  #free(value: string): Step | null {
    if (this.#uses.get(value) !== 1 || this.#wanted.has(value)) return null;
    return this.#steps.get(value) ?? null;
  }

  #inputsOf(node: GraphNode): string[] {
    return node.inputs.map((input) => this.#views.get(input) ?? input);
  }
}

function takesResidual(step: Step): boolean {
  const multiplies = step.kind === 'convolution' || step.kind === 'scale';
  return multiplies && step.residual === null && step.clamp === NO_CLAMP;
}

function isActivation(node: GraphNode): boolean {
  return node.op === 'relu' || node.op === 'relu6';
}

function activationOf(node: GraphNode): Activation | null {
  switch (node.op) {
    case 'relu':
    case 'relu6':
      return node.op;
    case 'conv2d':
    case 'linear':
    case 'add':
      return node.attrs.activation ?? null;
    default:
      return null;
  }
}

function clampOf(node: GraphNode): Clamp {
  const activation = activationOf(node);
  return activation === null ? NO_CLAMP : ACTIVATIONS[activation];
}

function stepKind(node: Exclude<GraphNode, { op: 'input' }>, map: readonly [number, number, number]): StepKind {
  switch (node.op) {
    case 'conv2d':
      return { kind: 'convolution', filter: { node: node.name, ...node.attrs } };
    case 'linear': {
      const [inChannels, height, width] = map;
      const { outFeatures, bias } = node.attrs;
      return {
        kind: 'convolution',
        filter: {
          node: node.name,
          outChannels: outFeatures,
          inChannels,
          kernel: [height, width],
          stride: [1, 1],
          padding: [0, 0, 0, 0],
          dilation: [1, 1],
          groups: 1,
          bias,
        },
      };
    }
    case 'batchNorm2d':
      if (map[0] !== node.attrs.channels) {
        throw new EngineError('UNKNOWN_OPERATION', `${node.name}: a batch norm of a flattened map of ${map.join('×')}`);
      }
      return { kind: 'scale', norm: { node: node.name, ...node.attrs } };
    case 'maxPool2d':
      if (node.attrs.dilation?.some((pixels) => pixels > 1)) {
        throw new EngineError('UNKNOWN_OPERATION', `${node.name}: no kernel computes a dilated max pooling`);
      }
      return { kind: 'maxPool', window: node.attrs };
    case 'avgPool2d':
      return { kind: 'averagePool', window: node.attrs };
    case 'adaptiveAvgPool2d':
      return { kind: 'adaptiveAveragePool', output: node.attrs.output };
    case 'relu':
    case 'relu6':
    case 'add':
      return { kind: 'add' };
    case 'concat':
      return { kind: 'concat' };
    default:
      throw new EngineError('UNKNOWN_OPERATION', `${node.name}: ${node.op} is not an operation of the kernels here`);
  }
}
