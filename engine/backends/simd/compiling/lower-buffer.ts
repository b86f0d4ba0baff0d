/** Operations on whole buffers and what one kernel computes together with them, and functions of two values. */
import { NO_CLAMP } from '../abi.js';
import type { BufferKind, Combination, Operand, Step } from '../planning/step.js';
import { expanded, freshView, hasAllLanes, liesAlike, reshaped, shapeOf, sizeOfAxis } from '../planning/view.js';
import {
  type Building,
  clampOf,
  fixedNumbers,
  fixedTensor,
  fusedActivation,
  type NodeOf,
  type Room,
  type Uses,
} from './building.js';

export function lowerConvolution(node: NodeOf<'conv2d'>, building: Building): Operand {
  return onMap({ kind: 'convolution', filter: { node: node.name, ...node.attrs } }, building);
}

export function lowerPooling(
  node: NodeOf<'maxPool2d' | 'avgPool2d' | 'adaptiveAvgPool2d' | 'adaptiveMaxPool2d'>,
  building: Building,
): Operand {
  switch (node.op) {
    case 'maxPool2d':
      return onMap({ kind: 'maxPool', window: node.attrs }, building);
    case 'avgPool2d':
      return onMap({ kind: 'averagePool', window: node.attrs }, building);
    case 'adaptiveAvgPool2d':
      return onMap({ kind: 'adaptiveAveragePool', output: node.attrs.output }, building);
    case 'adaptiveMaxPool2d':
      return onMap({ kind: 'adaptiveMaxPool', output: node.attrs.output }, building);
  }
}

function onMap(kind: BufferKind, building: Building): Operand {
  const source = building.mapSource(building.operands()[0]);
  return building.addBuffer(kind, [source], building.roomOfMap(building.output), clampOf(building.node));
}

/** A Linear is a 1×1 convolution of positions in any order, or of a flattened map a convolution of its whole size. */
export function lowerLinear(node: NodeOf<'linear'>, building: Building): Operand {
  const [operand] = building.operands();
  const shape = shapeOf(operand.view);
  const last = shape.length - 1;
  if (building.isWhole(operand)) {
    const map = building.map(operand.view.source);
    if (hasAllLanes(operand.view, last, map[0])) return addLinear(node, operand, [1, 1], building);
    const flat = reshaped(freshView('', map, new Set([0])), [map[0] * map[1] * map[2]]);
    if (last === 0 && liesAlike(operand.view, flat!)) return addLinear(node, operand, [map[1], map[2]], building);
  }
  return addLinear(node, building.copy(operand, building.roomOfRows(shape)), [1, 1], building);
}

function addLinear(
  node: NodeOf<'linear'>,
  { view }: Operand,
  kernel: readonly [number, number],
  building: Building,
): Operand {
  const { outFeatures: outChannels, bias } = node.attrs;
  const [inChannels, ...size] = building.map(view.source);
  const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
  const filter = { node: node.name, outChannels, inChannels, kernel, ...plain, bias };
  const [features] = freshView('', [outChannels], new Set([0])).axes;
  const [height = 1, width = 1] = kernel[0] * kernel[1] > 1 ? [] : size;
  const outputs = { ...view, axes: view.axes.with(view.axes.length - 1, features!) };
  const room: Room = { view: outputs, map: [outChannels, height, width] };
  return building.addBuffer({ kind: 'convolution', filter }, [view.source], room, clampOf(node));
}

export function lowerBatchNorm(node: NodeOf<'batchNorm2d'>, building: Building): Operand {
  const [operand] = building.operands();
  const { view } = operand;
  const fits = building.isWhole(operand) && hasAllLanes(view, 0, building.map(view.source)[0]);
  if (!fits) return scaleAndShift(node, operand, building);
  const kind = { kind: 'scale', norm: { node: node.name, ...node.attrs } } as const;
  return building.addBuffer(kind, [view.source], building.roomOf(view));
}

/** A batch norm as a product and a sum, with factors that are computed in float64. */
function scaleAndShift(node: NodeOf<'batchNorm2d'>, operand: Operand, building: Building): Operand {
  const { channels, eps } = node.attrs;
  const rank = operand.view.axes.length;
  type Tensors = (name: string) => Float32Array;
  const factorOf = (tensor: Tensors, c: number) => tensor('weight')[c]! / Math.sqrt(tensor('running_var')[c]! + eps);
  const numbers = (packing: string, value: (tensor: Tensors, c: number) => number): Operand => {
    const fill = (into: Float32Array, tensor: Tensors) => {
      for (let c = 0; c < channels; c++) into[c] = value(tensor, c);
    };
    return perChannel(fixedNumbers({ node: node.name, packing, fill }, [channels]), rank);
  };
  const factors = numbers('channel factors', factorOf);
  const offsets = numbers('channel offsets', (tensor, c) => {
    return tensor('bias')[c]! - tensor('running_mean')[c]! * factorOf(tensor, c);
  });
  const scaled = combined('mul', operand, factors, building, 'scaled');
  return combined('add', scaled, offsets, building);
}

/** A function that is computed value by value, whatever the view. */
export function lowerPointwise(node: NodeOf<'pointwise'>, building: Building): Operand {
  const { view } = building.whole(building.operands()[0]);
  return building.addBuffer({ kind: 'pointwise', attrs: node.attrs }, [view.source], building.roomOf(view));
}

/** An activation, together with the step before it if that can compute it. */
export function lowerActivation(node: NodeOf<'relu' | 'relu6'>, building: Building, uses: Uses): Operand {
  const { view } = building.whole(building.operands()[0]);
  const room = building.roomOf(view);
  const before = uses.free(view.source, building);
  if (before === null || !takesActivation(before)) {
    return building.addBuffer({ kind: 'add' }, [view.source], room, clampOf(node));
  }
  building.steps.delete(before.node);
  const operation = `${before.operation}+${node.op}`;
  return building.put({ ...before, node: node.name, operation, clamp: clampOf(node) }, room);
}

function takesActivation(step: Step): boolean {
  const clamps = step.operands === undefined && step.kind !== 'concat' && step.kind !== 'pointwise';
  return clamps && step.clamp === NO_CLAMP;
}

/** A sum, together with the step that made one of its terms if that can compute it. */
export function lowerAdd(node: NodeOf<'add'>, building: Building, uses: Uses): Operand {
  const operands = building.operands();
  const [first] = operands;
  if (!operands.every((operand) => liesLike(operand, first, building))) return addWithRepetition(node, building);
  const room = building.roomOf(first.view);
  const sources = operands.map(({ view }) => view.source);
  const latest = sources.length === 2 && sources[0] !== sources[1] ? latestMultiplying(sources, building, uses) : null;
  if (latest === null) return building.addBuffer({ kind: 'add' }, sources, room, clampOf(node));
  building.steps.delete(latest.node);
  const activation = fusedActivation(node);
  const operation = `${latest.operation}+add${activation === null ? '' : `+${activation}`}`;
  const residual = sources.find((source) => source !== latest.node)!;
  return building.put({ ...latest, node: node.name, operation, residual, clamp: clampOf(node) }, room);
}

function liesLike(operand: Operand, first: Operand, building: Building): boolean {
  const isAlike = building.isWhole(operand) && building.isWhole(first) && liesAlike(operand.view, first.view);
  return isAlike && building.map(operand.view.source).join() === building.map(first.view.source).join();
}

function latestMultiplying(sources: readonly string[], building: Building, uses: Uses): Step | null {
  const before = sources.map((source) => uses.free(source, building)).filter((step) => step !== null);
  const order = [...building.steps.keys()];
  const fitting = before.filter(takesResidual).sort((a, b) => order.indexOf(b.node) - order.indexOf(a.node));
  return fitting[0] ?? null;
}

function takesResidual(step: Step): boolean {
  const multiplies = step.kind === 'convolution' || step.kind === 'scale';
  return multiplies && step.residual === null && step.clamp === NO_CLAMP;
}

/** The sum of operands that do not all lie alike. An activation is a step of its own. */
function addWithRepetition(node: NodeOf<'add'>, building: Building): Operand {
  const [first, ...rest] = building.operands();
  const activation = fusedActivation(node);
  const sum = rest.reduce((before, operand, i) => {
    const isNode = i === rest.length - 1 && activation === null;
    return combined('add', before, operand, building, isNode ? undefined : 'sum');
  }, first);
  const { view } = building.whole(sum);
  if (activation === null) return { view, fixed: null };
  const step = { kind: 'add', node: node.name, operation: activation, inputs: [view.source], residual: null } as const;
  return building.put({ ...step, clamp: clampOf(node) }, building.roomOf(view));
}

/** Channels side by side. Null if they are not the lanes of maps of one size. */
export function joinChannels(node: NodeOf<'concat'>, building: Building): Operand | null {
  const operands = building.operands();
  const place = node.attrs.axis - 1;
  const [first] = operands;
  const planeOf = ({ view }: Operand) => `${building.map(view.source).slice(1)}`;
  const withoutLanes = ({ view }: Operand) => ({ ...view, axes: view.axes.with(place, []) });
  const fits = operands.every((operand) => {
    const { view } = operand;
    if (!building.isWhole(operand) || !hasAllLanes(view, place, building.map(view.source)[0])) return false;
    return planeOf(operand) === planeOf(first) && liesAlike(withoutLanes(operand), withoutLanes(first));
  });
  if (!fits) return null;
  const channels = building.output[place]!;
  const [lanes] = freshView('', [channels], new Set([0])).axes;
  const [, height, width] = building.map(first.view.source);
  const view = { ...first.view, axes: first.view.axes.with(place, lanes!) };
  const room: Room = { view, map: [channels, height, width] };
  const sources = operands.map(({ view }) => view.source);
  return building.addBuffer({ kind: 'concat', inPlace: 0 }, sources, room);
}

type Arithmetic = 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum' | 'gate';

export function lowerArithmetic(node: NodeOf<Arithmetic>, building: Building): Operand {
  const [a, b] = building.operands();
  return combined(node.op, a, b!, building);
}

export function lowerPRelu(node: NodeOf<'prelu'>, building: Building): Operand {
  const [operand] = building.operands();
  const slopes = fixedTensor(node.name, 'weight', [node.attrs.slopes]);
  return combined('prelu', operand, perChannel(slopes, operand.view.axes.length), building);
}

/** A function of two values, either repeated along some axes. @param part left out: it is the node */
export function combined(name: Combination, a: Operand, b: Operand, building: Building, part?: string): Operand {
  const shape = a.view.axes.map((axis, i) => Math.max(sizeOfAxis(axis), sizeOfAxis(b.view.axes[i]!)));
  const operands = [a, b].map((operand) => ({ ...operand, view: expanded(operand.view, shape) }));
  return building.compute({ kind: 'combine', function: name }, operands, roomOf([a, b], shape, building), part);
}

/** A buffer like that of an operand that has all entries. */
function roomOf(operands: readonly Operand[], shape: readonly number[], building: Building): Room {
  const computed = operands.filter(({ fixed }) => fixed === null);
  const full = computed.filter(({ view }) => shapeOf(view).join() === shape.join());
  const like = full.find((operand) => building.isWhole(operand)) ?? full[0] ?? computed[0];
  return like === undefined ? building.roomOfRows(shape) : building.roomLike(like, shape);
}

/** Numbers for each entry of the first axis, as a value of so many axes. */
export function perChannel(numbers: Operand, rank: number): Operand {
  const [size] = shapeOf(numbers.view);
  return { ...numbers, view: reshaped(numbers.view, [size!, ...Array<number>(rank - 1).fill(1)])! };
}
