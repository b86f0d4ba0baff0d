/** Operations on whole buffers, and what one kernel computes together with them. */
import type { ComputedNode } from '../../../../graph/index.js';
import { NO_CLAMP } from '../abi/layout.js';
import type { BufferKind, Operand, Step } from '../planning/step.js';
import { freshView, hasAllLanes, liesAlike, reshaped, shapeOf, type View } from '../planning/view.js';
import { activationOf, clampOf } from './activations.js';
import type { Building } from './building.js';
import { addWithRepetition, scaleAndShift } from './lower-combination.js';
import type { Uses } from './uses.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerConvolution(node: Node<'conv2d'>, building: Building): View {
  const kind = { kind: 'convolution', filter: { node: node.name, ...node.attrs } } as const;
  return onMap(node, kind, building);
}

export function lowerPooling(
  node: Node<'maxPool2d' | 'avgPool2d' | 'adaptiveAvgPool2d' | 'adaptiveMaxPool2d'>,
  building: Building,
): View {
  return onMap(node, poolingKind(node), building);
}

function poolingKind(node: Parameters<typeof lowerPooling>[0]): BufferKind {
  switch (node.op) {
    case 'maxPool2d':
      return { kind: 'maxPool', window: node.attrs };
    case 'avgPool2d':
      return { kind: 'averagePool', window: node.attrs };
    case 'adaptiveAvgPool2d':
      return { kind: 'adaptiveAveragePool', output: node.attrs.output };
    case 'adaptiveMaxPool2d':
      return { kind: 'adaptiveMaxPool', output: node.attrs.output };
  }
}

function onMap(node: ComputedNode, kind: BufferKind, building: Building): View {
  const source = building.mapSource(node, building.operand(node.inputs[0]!));
  const room = building.room(building.shape(node.name), new Set([0]));
  return building.addBuffer(node, kind, [source], room, clampOf(node));
}

/** A Linear is a 1×1 convolution of positions in any order, or of a flattened map a convolution of its whole size. */
export function lowerLinear(node: Node<'linear'>, building: Building): View {
  const operand = building.operand(node.inputs[0]!);
  const shape = shapeOf(operand.view);
  const last = shape.length - 1;
  if (building.isWhole(operand)) {
    const { view } = operand;
    const map = building.map(view.source);
    if (hasAllLanes(view, last, map[0])) return addLinear(node, view, [1, 1], building);
    const flat = reshaped(freshView('', map, new Set([0])), [map[0] * map[1] * map[2]]);
    if (last === 0 && liesAlike(view, flat!)) return addLinear(node, view, [map[1], map[2]], building);
  }
  return addLinear(node, building.copy(node, operand, building.roomOfRows(shape)), [1, 1], building);
}

function addLinear(node: Node<'linear'>, input: View, kernel: readonly [number, number], building: Building): View {
  const { outFeatures, bias } = node.attrs;
  const [inChannels, ...size] = building.map(input.source);
  const filter = {
    node: node.name,
    outChannels: outFeatures,
    inChannels,
    kernel,
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias,
  } as const;
  const last = input.axes.length - 1;
  const [features] = freshView('', [outFeatures], new Set([0])).axes;
  const isFlat = kernel[0] * kernel[1] > 1;
  const room = {
    view: { ...input, axes: input.axes.with(last, features!) },
    map: isFlat ? ([outFeatures, 1, 1] as const) : ([outFeatures, size[0]!, size[1]!] as const),
  };
  return building.addBuffer(node, { kind: 'convolution', filter }, [input.source], room, clampOf(node));
}

export function lowerBatchNorm(node: Node<'batchNorm2d'>, building: Building): View {
  const operand = building.operand(node.inputs[0]!);
  if (!building.isWhole(operand)) return scaleAndShift(node, operand, building);
  const { view } = operand;
  const map = building.map(view.source);
  if (!hasAllLanes(view, 0, map[0])) return scaleAndShift(node, operand, building);
  const kind = { kind: 'scale', norm: { node: node.name, ...node.attrs } } as const;
  return building.addBuffer(node, kind, [view.source], { view, map }, NO_CLAMP);
}

/** A function that is computed value by value, whatever the view. */
export function lowerPointwise(node: Node<'pointwise'>, building: Building): View {
  const view = building.whole(node, building.operand(node.inputs[0]!));
  const room = { view, map: building.map(view.source) };
  return building.addBuffer(node, { kind: 'pointwise', attrs: node.attrs }, [view.source], room, NO_CLAMP);
}

/** An activation, together with the step before it if that can compute it. */
export function lowerActivation(node: Node<'relu' | 'relu6'>, building: Building, uses: Uses): View {
  const operand = building.operand(node.inputs[0]!);
  const view = building.whole(node, operand);
  const room = { view, map: building.map(view.source) };
  const before = uses.free(view.source, building);
  if (before === null || !takesActivation(before)) {
    return building.addBuffer(node, { kind: 'add' }, [view.source], room, clampOf(node));
  }
  building.steps.delete(before.node);
  const operation = `${before.operation}+${node.op}`;
  return building.put({ ...before, node: node.name, operation, clamp: clampOf(node) }, room);
}

/** A sum, together with the step that made one of its terms if that can compute it. */
export function lowerAdd(node: Node<'add'>, building: Building, uses: Uses): View {
  const operands = building.operands(node);
  const [first] = operands;
  if (!operands.every((operand) => liesLike(operand, first, building))) return addWithRepetition(node, building);
  const room = { view: first.view, map: building.map(first.view.source) };
  const sources = operands.map(({ view }) => view.source);
  const latest = sources.length === 2 && sources[0] !== sources[1] ? latestMultiplying(sources, building, uses) : null;
  const activation = activationOf(node);
  if (latest === null) return building.addBuffer(node, { kind: 'add' }, sources, room, clampOf(node));
  building.steps.delete(latest.node);
  const fused: Step = {
    ...latest,
    node: node.name,
    operation: `${latest.operation}+add${activation === null ? '' : `+${activation}`}`,
    residual: sources.find((source) => source !== latest.node)!,
    clamp: clampOf(node),
  };
  return building.put(fused, room);
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

function takesActivation(step: Step): boolean {
  const clamps = step.operands === undefined && step.kind !== 'concat' && step.kind !== 'pointwise';
  return clamps && step.clamp === NO_CLAMP;
}

/** Channels side by side. Null if they are not the lanes of maps of one size. */
export function joinChannels(node: Node<'concat'>, building: Building): View | null {
  const operands = building.operands(node);
  const place = node.attrs.axis - 1;
  const [first] = operands;
  const planeOf = ({ view }: Operand) => `${building.map(view.source).slice(1)}`;
  const withoutLanes = ({ view }: Operand) => ({ ...view, axes: view.axes.with(place, []) });
  const fits = operands.every((operand) => {
    if (!building.isWhole(operand) || !hasAllLanes(operand.view, place, building.map(operand.view.source)[0]))
      return false;
    return planeOf(operand) === planeOf(first) && liesAlike(withoutLanes(operand), withoutLanes(first));
  });
  if (!fits) return null;
  const channels = building.shape(node.name)[place]!;
  const [lanes] = freshView('', [channels], new Set([0])).axes;
  const [, height, width] = building.map(first.view.source);
  const room = {
    view: { ...first.view, axes: first.view.axes.with(place, lanes!) },
    map: [channels, height, width] as const,
  };
  return building.addBuffer(
    node,
    { kind: 'concat', inPlace: 0 },
    operands.map(({ view }) => view.source),
    room,
    NO_CLAMP,
  );
}
