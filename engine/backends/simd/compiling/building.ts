/**
 * Steps in the making, and where the values of nodes lie. Most nodes are a step with a buffer of its own; some are a
 * view of another step's buffer, or numbers that follow from the model alone.
 */
import type { ComputedNode, GraphNode, ImageShape } from '../../../../graph/index.js';
import { type Clamp, NO_CLAMP } from '../abi/layout.js';
import type { BufferKind, Fixed, Operand, Step, ViewKind } from '../planning/step.js';
import {
  type BufferMap,
  freshMap,
  freshView,
  inBuffer,
  isWhole,
  laneAxes,
  liesAlike,
  shapeOf,
  type View,
} from '../planning/view.js';

/** A buffer that a step is to fill, and the view that it has of it. */
export interface Room {
  view: View;
  map: BufferMap;
}

export class Building {
  readonly steps = new Map<string, Step>();
  readonly #views = new Map<string, View>();
  readonly #fixed = new Map<string, Fixed>();
  readonly #maps = new Map<string, BufferMap>();
  readonly #shapes: Map<string, ImageShape>;

  constructor(input: GraphNode, shapes: ReadonlyMap<string, ImageShape>) {
    this.#shapes = new Map(shapes);
    const [channels = 1, height = 1, width = 1] = this.shape(input.name);
    this.#maps.set(input.name, [channels, height, width]);
    this.#views.set(input.name, freshView(input.name, [channels, height, width], new Set([0])));
  }

  /** Without the batch, of a node or of a step that is a part of a node. */
  shape(name: string): ImageShape {
    return this.#shapes.get(name)!;
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

  operands({ inputs }: ComputedNode): [Operand, ...Operand[]] {
    return inputs.map((input) => this.operand(input)) as [Operand, ...Operand[]];
  }

  setView(node: string, view: View): void {
    this.#views.set(node, view);
  }

  /** Notes the numbers of a node that is nothing else. */
  addFixed(node: Extract<ComputedNode, { op: 'parameter' | 'constant' }>): Operand {
    const shape = this.shape(node.name);
    const floats = shape.reduce((product, size) => product * size, 1);
    const fill: Fixed['fill'] = (into, tensor) => into.set(node.op === 'constant' ? node.attrs.values : tensor(''));
    const fixed = { node: node.name, packing: 'values', floats, fill };
    this.#fixed.set(node.name, fixed);
    return { view: fixedView(node.name, shape), fixed };
  }

  /** Whether a value is all of a step's buffer, in any order of positions and lanes. */
  isWhole({ view, fixed }: Operand): boolean {
    return fixed === null && isWhole(view, this.map(view.source));
  }

  /** A buffer for a shape, some axes of which are lanes. */
  room(shape: ImageShape, lanes: ReadonlySet<number>): Room {
    return { view: freshView('', shape, lanes), map: freshMap(shape, lanes) };
  }

  /** A buffer whose last axis is lanes. */
  roomOfRows(shape: ImageShape): Room {
    return this.room(shape, new Set(shape.length === 0 ? [] : [shape.length - 1]));
  }

  /** A buffer that lies like the operand as far as the shape lets it. */
  roomLike(operand: Operand, shape: ImageShape): Room {
    const { view } = operand;
    const alike = shapeOf(view).join() === shape.join();
    if (alike && this.isWhole(operand)) return { view, map: this.map(view.source) };
    const lanes = laneAxes(view);
    const fits = operand.fixed === null && view.axes.length === shape.length && lanes.size > 0;
    return fits ? this.room(shape, lanes) : this.roomOfRows(shape);
  }

  /** A step on whole buffers, which is the node. */
  addBuffer(node: ComputedNode, kind: BufferKind, sources: readonly string[], { view, map }: Room, clamp: Clamp): View {
    const applied =
      node.op === 'conv2d' || node.op === 'linear' || node.op === 'add' ? node.attrs.activation : undefined;
    const name = kind.kind === 'pointwise' ? kind.attrs.function : node.op;
    const operation = applied === undefined ? name : `${name}+${applied}`;
    const step = { ...kind, node: node.name, operation, inputs: sources, residual: null, clamp };
    return this.put(step, { view, map });
  }

  put(step: Step, { view, map }: Room): View {
    this.steps.set(step.node, step);
    this.#maps.set(step.node, map);
    return inBuffer(view, step.node);
  }

  /** A step on views, which is the node or a part of it. @param part left out: it is the node */
  compute(node: ComputedNode, kind: ViewKind, operands: readonly Operand[], room: Room, part?: string): View {
    return this.computeParts(node, kind, { operands, outputs: [room.view] }, room, part);
  }

  /** Like `compute`, with outputs that are parts of the room. */
  computeParts(
    node: ComputedNode,
    kind: ViewKind,
    { operands, outputs }: { operands: readonly Operand[]; outputs: readonly View[] },
    room: Room,
    part?: string,
  ): View {
    const name = part === undefined ? node.name : this.#nameOf(`${node.name} (${part})`);
    const sources = operands.filter(({ fixed }) => fixed === null).map(({ view }) => view.source);
    // The room of a node may have its axes in another order than the node.
    if (part !== undefined) this.#shapes.set(name, shapeOf(room.view));
    return this.put(
      {
        ...kind,
        node: name,
        operation: part === undefined ? node.op : part,
        inputs: sources,
        residual: null,
        clamp: NO_CLAMP,
        operands,
        outputs: outputs.map((view) => inBuffer(view, name)),
      },
      room,
    );
  }

  /** The same values in a buffer of their own. */
  copy(node: ComputedNode, operand: Operand, room: Room, part: string | undefined = 'copy'): View {
    return this.compute(node, { kind: 'copy', picks: [new Map()], inOrder: false }, [operand], room, part);
  }

  /** A value that lies in the arena: fixed numbers are copied. */
  inArena(node: ComputedNode, operand: Operand): Operand {
    if (operand.fixed === null) return operand;
    return this.computed(this.copy(node, operand, this.roomOfRows(shapeOf(operand.view))));
  }

  /** A view of a step as an operand. */
  computed(view: View): Operand {
    return { view, fixed: null };
  }

  /** The value as a whole buffer. */
  whole(node: ComputedNode, operand: Operand): View {
    if (this.isWhole(operand)) return operand.view;
    return this.copy(node, operand, this.roomLike(operand, shapeOf(operand.view)));
  }

  /** A copy that lies as a map. */
  copyOfMap(node: ComputedNode, operand: Operand): View {
    return this.copy(node, operand, this.room(shapeOf(operand.view), new Set([0])));
  }

  /** The source of a value that lies as a map: channels are lanes, height and width positions. */
  mapSource(node: ComputedNode, operand: Operand): string {
    const room = this.room(shapeOf(operand.view), new Set([0]));
    if (this.isWhole(operand) && liesAlike(operand.view, room.view)) {
      if (this.map(operand.view.source).join() === room.map.join()) return operand.view.source;
    }
    return this.copyOfMap(node, operand).source;
  }

  #nameOf(name: string): string {
    let unique = name;
    for (let i = 2; this.steps.has(unique); i++) unique = `${name} ${i}`;
    return unique;
  }
}

/** Numbers that a node's tensor holds. */
export function fixedTensor(node: string, name: string, shape: readonly number[]): Operand {
  const view = fixedView(node, shape);
  const floats = shape.reduce((product, size) => product * size, 1);
  return { view, fixed: { node, packing: `values ${name}`, floats, fill: (into, tensor) => into.set(tensor(name)) } };
}

/** Numbers made of a node's tensors. They are row-major. */
export function fixedNumbers(fixed: Fixed, shape: readonly number[]): Operand {
  return { view: fixedView(fixed.node, shape), fixed };
}

/** One number. */
export function fixedNumber(value: number): Operand {
  return fixedNumbers({ node: '', packing: `number ${value}`, floats: 1, fill: (into) => into.fill(value) }, []);
}

function fixedView(source: string, shape: readonly number[]): View {
  return freshView(source, shape, new Set(shape.keys()));
}
