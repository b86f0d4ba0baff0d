/** Operations that only look at a value in another way. Where no view can do that, the value is copied first. */
import type { ComputedNode } from '../../../../graph/index.js';
import { slicedRange } from '../../../../graph/index.js';
import type { Operand } from '../planning/step.js';
import { dropped, expanded, permuted, reshaped, shapeOf, sliced, type View } from '../planning/view.js';
import type { Building } from './building.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerReshape(node: Node<'reshape' | 'flatten'>, building: Building): Operand {
  return asShape(node, building.operand(node.inputs[0]!), building.shape(node.name), building);
}

export function asShape(node: ComputedNode, operand: Operand, shape: readonly number[], building: Building): Operand {
  const view = reshaped(operand.view, shape);
  if (view !== null) return { ...operand, view };
  const given = shapeOf(operand.view);
  const copy = building.copy(node, operand, building.room(given, new Set(given.keys())));
  return building.computed(reshaped(copy, shape)!);
}

export function lowerPermute(node: Node<'permute'>, building: Building): Operand {
  const operand = building.operand(node.inputs[0]!);
  return {
    ...operand,
    view: permuted(
      operand.view,
      node.attrs.axes.map((axis) => axis - 1),
    ),
  };
}

export function lowerSelect(node: Node<'select'>, building: Building): Operand {
  const operand = building.operand(node.inputs[0]!);
  const place = node.attrs.axis - 1;
  const size = building.shape(node.inputs[0]!)[place]!;
  const start = node.attrs.index < 0 ? node.attrs.index + size : node.attrs.index;
  const one = sliced(operand.view, place, { start, length: 1, step: 1 })!;
  return { ...operand, view: dropped(one, place) };
}

export function lowerSlice(node: Node<'slice'>, building: Building): Operand {
  const operand = building.operand(node.inputs[0]!);
  const place = node.attrs.axis - 1;
  const { start, length } = slicedRange(building.shape(node.inputs[0]!)[place]!, node.attrs);
  const { step } = node.attrs;
  const view = sliced(operand.view, place, { start, length, step });
  if (view !== null) return { ...operand, view };
  const entries = Array.from({ length }, (_, i) => start + i * step);
  return building.computed(taken(node, operand, place, entries, building));
}

/** A copy of some entries of an axis. */
export function taken(
  node: ComputedNode,
  operand: Operand,
  axis: number,
  entries: readonly number[],
  building: Building,
): View {
  const room = building.roomLike(operand, shapeOf(operand.view).with(axis, entries.length));
  const picks = [new Map([[axis, entries]])];
  return building.compute(node, { kind: 'copy', picks, inOrder: false }, [operand], room, 'copy');
}

export function lowerExpand(node: Node<'expand'>, building: Building): Operand {
  const operand = building.operand(node.inputs[0]!);
  return { ...operand, view: expanded(operand.view, building.shape(node.name)) };
}

export function lowerPixelShuffle(node: Node<'pixelShuffle'>, building: Building): Operand {
  const { factor } = node.attrs;
  const [channels, ...size] = building.shape(node.name) as readonly [number, number, number];
  const [height, width] = building.shape(node.inputs[0]!).slice(1) as [number, number];
  const operand = building.operand(node.inputs[0]!);
  const split = asShape(node, operand, [channels, factor, factor, height, width], building);
  const view = permuted(split.view, [0, 3, 1, 4, 2]);
  return asShape(node, { ...split, view }, [channels, ...size], building);
}
