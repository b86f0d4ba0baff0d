/** Steps in the making, and where values lie: in a step's buffer, in a view of another's, or fixed by the model. */
import type { Activation, ComputedNode, GraphNode, ImageShape, Op } from '../../../../graph/index.js';
import { type Clamp, NO_CLAMP } from '../abi.js';
import type { BufferKind, Fixed, Operand, Step, ViewKind } from '../planning/step.js';
import {
  type Axis,
  type BufferMap,
  expanded,
  freshMap,
  freshView,
  inBuffer,
  isWhole,
  laneAxes,
  liesAlike,
  shapeOf,
  type View,
} from '../planning/view.js';

export type NodeOf<Name extends ComputedNode['op']> = Extract<ComputedNode, { op: Name }>;

/** A buffer that a step is to fill, and the view that it has of it. */
export interface Room {
  view: View;
  map: BufferMap;
}

export class Building {
  readonly steps = new Map<string, Step>();
  /** The node whose steps are being made. */
  node!: ComputedNode;
  readonly #views = new Map<string, View>();
  readonly #fixed = new Map<string, Fixed>();
  readonly #maps = new Map<string, BufferMap>();
  readonly #shapes: Map<string, ImageShape>;

  constructor(input: GraphNode, shapes: ReadonlyMap<string, ImageShape>) {
    this.#shapes = new Map(shapes);
    const [channels = 1, height = 1, width = 1] = this.shape(input.name);
    this.#maps.set(input.name, [channels, height, width]);
    this.setView(input.name, freshView(input.name, [channels, height, width], new Set([0])));
  }

  /** Without the batch, of a node or of a step that is a part of a node. */
  shape(name: string): ImageShape {
    return this.#shapes.get(name)!;
  }

  /** The shape of the node. */
  get output(): ImageShape {
    return this.shape(this.node.name);
  }

  /** Lanes and positions of a step's buffer. */
  map(step: string): BufferMap {
    return this.#maps.get(step)!;
  }

  view(node: string): View {
    return this.#views.get(node)!;
  }

  operand(node: string): Operand {
    const view = this.view(node);
    return { view, fixed: this.#fixed.get(view.source) ?? null };
  }

  /** The inputs of the node. */
  operands(): [Operand, ...Operand[]] {
    return this.node.inputs.map((input) => this.operand(input)) as [Operand, ...Operand[]];
  }

  setView(node: string, view: View): void {
    this.#views.set(node, view);
  }

  /** Notes the numbers of a node that is nothing else. */
  addFixed(node: NodeOf<'parameter' | 'constant'>): Operand {
    const fill: Fixed['fill'] = (into, tensor) => into.set(node.op === 'constant' ? node.attrs.values : tensor(''));
    const operand = fixedNumbers({ node: node.name, packing: 'values', fill }, this.output);
    this.#fixed.set(node.name, operand.fixed!);
    return operand;
  }

  /** Whether a value is all of a step's buffer, in any order of positions and lanes. */
  isWhole({ view, fixed }: Operand): boolean {
    return fixed === null && isWhole(view, this.map(view.source));
  }

  /** A buffer for a shape, some axes of which are lanes. */
  room(shape: ImageShape, lanes: ReadonlySet<number>): Room {
    return { view: freshView('', shape, lanes), map: freshMap(shape, lanes) };
  }

  /** A buffer of a map: channels are lanes, height and width positions. */
  roomOfMap(shape: ImageShape): Room {
    return this.room(shape, new Set([0]));
  }

  /** A buffer whose last axis is lanes. */
  roomOfRows(shape: ImageShape): Room {
    return this.room(shape, new Set(shape.length === 0 ? [] : [shape.length - 1]));
  }

  /** A buffer that lies like the operand as far as the shape lets it. */
  roomLike(operand: Operand, shape: ImageShape = shapeOf(operand.view)): Room {
    const { view } = operand;
    const alike = shapeOf(view).join() === shape.join();
    if (alike && this.isWhole(operand)) return this.roomOf(view);
    const lanes = laneAxes(view);
    const fits = operand.fixed === null && view.axes.length === shape.length && lanes.size > 0;
    return fits ? this.room(shape, lanes) : this.roomOfRows(shape);
  }

  /** A buffer for the whole of a view. */
  roomOf(view: View): Room {
    return { view, map: this.map(view.source) };
  }

  /** A step on whole buffers, which is the node. */
  addBuffer(kind: BufferKind, inputs: readonly string[], room: Room, clamp = NO_CLAMP): Operand {
    const { node } = this;
    const applied = fusedActivation(node);
    const name = kind.kind === 'pointwise' ? kind.attrs.function : node.op;
    const operation = applied === null ? name : `${name}+${applied}`;
    return this.put({ ...kind, node: node.name, operation, inputs, residual: null, clamp }, room);
  }

  put(step: Step, { view, map }: Room): Operand {
    this.steps.set(step.node, step);
    this.#maps.set(step.node, map);
    return { view: inBuffer(view, step.node), fixed: null };
  }

  /** A step on views: the node, or that part of it; without `outputs`, they fill the room. */
  compute(kind: ViewKind, operands: readonly Operand[], room: Room, part?: string, outputs = [room.view]): Operand {
    const { node } = this;
    const name = part === undefined ? node.name : this.#nameOf(`${node.name} (${part})`);
    // The room of a node may have its axes in another order than the node.
    if (part !== undefined) this.#shapes.set(name, shapeOf(room.view));
    const step = {
      ...kind,
      node: name,
      operation: part ?? node.op,
      inputs: operands.filter(({ fixed }) => fixed === null).map(({ view }) => view.source),
      residual: null,
      clamp: NO_CLAMP,
      operands,
      outputs: outputs.map((view) => inBuffer(view, name)),
    };
    return this.put(step, room);
  }

  /** The same values in a buffer of their own. */
  copy(operand: Operand, room: Room, part: string | undefined = 'copy'): Operand {
    return this.compute({ kind: 'copy', picks: [new Map()], inOrder: false }, [operand], room, part);
  }

  /** A value that lies in the arena: fixed numbers are copied. */
  inArena(operand: Operand): Operand {
    return operand.fixed === null ? operand : this.copy(operand, this.roomOfRows(shapeOf(operand.view)));
  }

  /** The value as a whole buffer. */
  whole(operand: Operand): Operand {
    return this.isWhole(operand) ? operand : this.copy(operand, this.roomLike(operand));
  }

  /** A copy that lies as a map. */
  copyOfMap(operand: Operand): Operand {
    return this.copy(operand, this.roomOfMap(shapeOf(operand.view)));
  }

  /** The source of a value that lies as a map. */
  mapSource(operand: Operand): string {
    const room = this.roomOfMap(shapeOf(operand.view));
    const liesSo = this.isWhole(operand) && liesAlike(operand.view, room.view);
    if (liesSo && this.map(operand.view.source).join() === room.map.join()) return operand.view.source;
    return this.copyOfMap(operand).view.source;
  }

  #nameOf(name: string): string {
    let unique = name;
    for (let i = 2; this.steps.has(unique); i++) unique = `${name} ${i}`;
    return unique;
  }
}

/** The operations whose values are views, mostly. */
const VIEWS = new Set<Op['op']>([
  'identity',
  'flatten',
  'reshape',
  'permute',
  'select',
  'slice',
  'expand',
  'pixelShuffle',
]);

/** Which values only one node reads: the step that makes such a value can compute its reader too. */
export class Uses {
  readonly #uses = new Map<string, number>();
  readonly #wanted: ReadonlySet<string>;

  constructor(nodes: readonly GraphNode[], wanted: ReadonlySet<string>) {
    const roots = new Map<string, string>();
    const rootOf = (node: string): string => roots.get(node) ?? node;
    for (const { name, op, inputs } of nodes) {
      if (VIEWS.has(op)) roots.set(name, rootOf(inputs[0]!));
      else for (const input of inputs) this.#uses.set(rootOf(input), (this.#uses.get(rootOf(input)) ?? 0) + 1);
    }
    this.#wanted = new Set([...wanted].map(rootOf));
  }

  /** The step that made a value, if nothing else needs the value. */
  free(source: string, { steps }: Building): Step | null {
    if (this.#uses.get(source) !== 1 || this.#wanted.has(source)) return null;
    return steps.get(source) ?? null;
  }
}

/** Activations that limit a value: a part of the step that computes it, or a step of their own. */
const ACTIVATIONS: Readonly<Record<Activation, Clamp>> = { relu: [0, Number.POSITIVE_INFINITY], relu6: [0, 6] };

/** The activation that a node applies to its output. */
export function fusedActivation(node: ComputedNode): Activation | null {
  const fuses = node.op === 'conv2d' || node.op === 'linear' || node.op === 'add';
  return fuses ? (node.attrs.activation ?? null) : null;
}

/** The limits of the activation that a node is or applies. */
export function clampOf(node: ComputedNode): Clamp {
  const activation = node.op === 'relu' || node.op === 'relu6' ? node.op : fusedActivation(node);
  return activation === null ? NO_CLAMP : ACTIVATIONS[activation];
}

/** Numbers that a node's tensor holds. */
export function fixedTensor(node: string, name: string, shape: readonly number[]): Operand {
  return fixedNumbers({ node, packing: `values ${name}`, fill: (into, tensor) => into.set(tensor(name)) }, shape);
}

/** Numbers made of a node's tensors. They are row-major. */
export function fixedNumbers(numbers: Omit<Fixed, 'floats'>, shape: readonly number[]): Operand {
  const floats = shape.reduce((product, size) => product * size, 1);
  return { view: freshView(numbers.node, shape, new Set(shape.keys())), fixed: { ...numbers, floats } };
}

/** One number, for each entry of a shape. */
export function everywhere(value: number, shape: readonly number[]): Operand {
  const number = fixedNumbers({ node: '', packing: `number ${value}`, fill: (into) => into.fill(value) }, []);
  const none = shape.map(() => []);
  return withAxes(number, none, shape);
}

/** A value with other axes, those of one entry repeated to this shape. */
export function withAxes(operand: Operand, axes: readonly Axis[], shape: readonly number[]): Operand {
  return { ...operand, view: expanded({ ...operand.view, axes }, shape) };
}
