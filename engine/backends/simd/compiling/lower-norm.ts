/** Norms, softmax and reductions: what a group of values decides together. */
import type { ComputedNode } from '../../../../graph/index.js';
import type { Operand } from '../planning/step.js';
import { expanded, laneAxes, permuted, shapeOf, type View } from '../planning/view.js';
import { type Building, fixedNumber, fixedTensor } from './building.js';
import { combined } from './lower-combination.js';
import { asShape } from './lower-view.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerLayerNorm(node: Node<'layerNorm'>, building: Building): View {
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  const { shape: grouped, eps, weight, bias } = node.attrs;
  const shape = shapeOf(operand.view);
  const names = [...(weight ? ['weight'] : []), ...(bias ? ['bias'] : [])];
  const weights = names.map((name) => {
    const tensor = fixedTensor(node.name, name, grouped);
    const axes = [...shape.slice(grouped.length).map(() => []), ...tensor.view.axes];
    return { ...tensor, view: expanded({ ...tensor.view, axes }, shape) };
  });
  const kind = { kind: 'standardise', grouped: grouped.length, eps, weight, bias } as const;
  return building.compute(node, kind, [operand, ...weights], building.roomLike(operand, shape));
}

export function lowerGroupNorm(node: Node<'groupNorm'>, building: Building): View {
  const { groups, channels, eps, affine } = node.attrs;
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  const shape = shapeOf(operand.view);
  const split = [groups, channels / groups, ...shape.slice(1)];
  const input = asShape(node, operand, split, building);
  const weights = (affine ? ['weight', 'bias'] : []).map((name) => {
    const tensor = fixedTensor(node.name, name, [groups, channels / groups]);
    const axes = [...tensor.view.axes, ...shape.slice(1).map(() => [])];
    return { ...tensor, view: expanded({ ...tensor.view, axes }, split) };
  });
  const kind = { kind: 'standardise', grouped: split.length - 1, eps, weight: affine, bias: affine } as const;
  const view = building.compute(node, kind, [input, ...weights], building.roomLike(input, split));
  return asShape(node, building.computed(view), shape, building).view;
}

export function lowerSoftmax(node: Node<'softmax'>, building: Building): View {
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  const [there, back] = toTheEnd(operand.view.axes.length, node.attrs.axis - 1);
  const input = { ...operand, view: permuted(operand.view, there) };
  const room = building.roomLike(input, shapeOf(input.view));
  return permuted(building.compute(node, { kind: 'softmaxGroups', grouped: 1 }, [input], room), back);
}

/** `x / max(‖x‖, ε)`. */
export function lowerNormalize(node: Node<'normalize'>, building: Building): View {
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  const place = node.attrs.axis - 1;
  const norm = building.computed(reduced(node, operand, [place], 'l2', true, building, 'norm'));
  const eps = expandedTo(fixedNumber(node.attrs.eps), shapeOf(norm.view));
  const bounded = combined(node, 'maximum', [norm, eps], building, 'bounded norm');
  return combined(node, 'div', [operand, building.computed(bounded)], building);
}

function expandedTo(number: Operand, shape: readonly number[]): Operand {
  return { ...number, view: expanded({ ...number.view, axes: shape.map(() => []) }, shape) };
}

export function lowerReduce(node: Node<'reduce'>, building: Building): View {
  const { axes, function: name, keepDims } = node.attrs;
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  return reduced(
    node,
    operand,
    axes.map((axis) => axis - 1),
    name,
    keepDims,
    building,
  );
}

function reduced(
  node: ComputedNode,
  operand: Operand,
  places: readonly number[],
  name: Node<'reduce'>['attrs']['function'],
  keepDims: boolean,
  building: Building,
  part?: string,
): View {
  const all = [...operand.view.axes.keys()];
  const kept = all.filter((axis) => !places.includes(axis));
  const order = [...kept, ...places];
  const input = { ...operand, view: permuted(operand.view, order) };
  const lanes = laneAxes(operand.view);
  const shape = kept.map((axis) => shapeOf(operand.view)[axis]!);
  const lanesKept = new Set(kept.flatMap((axis, i) => (lanes.has(axis) ? [i] : [])));
  const room = lanesKept.size > 0 ? building.room(shape, lanesKept) : building.roomOfRows(shape);
  const view = building.compute(node, { kind: 'reduce', function: name, reduced: places.length }, [input], room, part);
  if (!keepDims) return view;
  return places.toSorted((a, b) => a - b).reduce((wider, place) => withAxis(wider, place), view);
}

function withAxis(view: View, place: number): View {
  return { ...view, axes: view.axes.toSpliced(place, 0, []) };
}

export function lowerLocalResponseNorm(node: Node<'localResponseNorm'>, building: Building): View {
  const operand = building.inArena(node, building.operand(node.inputs[0]!));
  const plain = operand.view.axes[0]!.length > 1 ? building.computed(building.copyOfMap(node, operand)) : operand;
  const input = { ...plain, view: permuted(plain.view, [1, 2, 0]) };
  const room = building.roomLike(input, shapeOf(input.view));
  const view = building.compute(node, { kind: 'neighbours', ...node.attrs }, [input], room);
  return permuted(view, [2, 0, 1]);
}

/** The order that moves an axis to the end, and the order that moves it back. */
function toTheEnd(rank: number, axis: number): [number[], number[]] {
  const there = [...Array(rank).keys()].filter((other) => other !== axis).concat(axis);
  return [there, [...Array(rank).keys()].map((place) => there.indexOf(place))];
}
