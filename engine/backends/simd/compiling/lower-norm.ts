/** Norms, softmax and reductions: what a group of values decides together. */
import type { Operand } from '../planning/step.js';
import { type Axis, laneAxes, shapeOf } from '../planning/view.js';
import { type Building, everywhere, fixedTensor, type NodeOf, withAxes } from './building.js';
import { combined } from './lower-buffer.js';
import { asShape, turned } from './lower-view.js';

/** The only input, in the arena. */
function inputOf(building: Building): Operand {
  return building.inArena(building.operands()[0]);
}

export function lowerLayerNorm(node: NodeOf<'layerNorm'>, building: Building): Operand {
  const operand = inputOf(building);
  const { shape: grouped, eps, weight, bias } = node.attrs;
  const shape = shapeOf(operand.view);
  const names = [...(weight ? ['weight'] : []), ...(bias ? ['bias'] : [])];
  const weights = names.map((name) => {
    const tensor = fixedTensor(node.name, name, grouped);
    return withAxes(tensor, [...shape.slice(grouped.length).map(() => []), ...tensor.view.axes], shape);
  });
  const kind = { kind: 'standardise', grouped: grouped.length, eps, weight, bias } as const;
  return building.compute(kind, [operand, ...weights], building.roomLike(operand));
}

export function lowerGroupNorm(node: NodeOf<'groupNorm'>, building: Building): Operand {
  const { groups, channels, eps, affine } = node.attrs;
  const operand = inputOf(building);
  const shape = shapeOf(operand.view);
  const split = [groups, channels / groups, ...shape.slice(1)];
  const input = asShape(operand, split, building);
  const weights = (affine ? ['weight', 'bias'] : []).map((name) => {
    const tensor = fixedTensor(node.name, name, [groups, channels / groups]);
    return withAxes(tensor, [...tensor.view.axes, ...shape.slice(1).map(() => [])], split);
  });
  const kind = { kind: 'standardise', grouped: split.length - 1, eps, weight: affine, bias: affine } as const;
  return asShape(building.compute(kind, [input, ...weights], building.roomLike(input)), shape, building);
}

export function lowerSoftmax({ attrs }: NodeOf<'softmax'>, building: Building): Operand {
  const operand = inputOf(building);
  const axes = [...operand.view.axes.keys()];
  // The order that moves the axis to the end, and the order that moves it back.
  const there = axes.toSpliced(attrs.axis - 1, 1).concat(attrs.axis - 1);
  const input = turned(operand, there);
  const shares = building.compute({ kind: 'softmaxGroups', grouped: 1 }, [input], building.roomLike(input));
  const back = axes.map((axis) => there.indexOf(axis));
  return turned(shares, back);
}

/** `x / max(‖x‖, ε)`. */
export function lowerNormalize({ attrs }: NodeOf<'normalize'>, building: Building): Operand {
  const operand = inputOf(building);
  const norm = reduced(operand, { function: 'l2', places: [attrs.axis - 1], keepDims: true }, building, 'norm');
  const eps = everywhere(attrs.eps, shapeOf(norm.view));
  const bounded = combined('maximum', norm, eps, building, 'bounded norm');
  return combined('div', operand, bounded, building);
}

export function lowerReduce({ attrs }: NodeOf<'reduce'>, building: Building): Operand {
  const places = attrs.axes.map((axis) => axis - 1);
  return reduced(inputOf(building), { ...attrs, places }, building);
}

function reduced(
  operand: Operand,
  { function: name, places, keepDims }: Omit<NodeOf<'reduce'>['attrs'], 'axes'> & { places: readonly number[] },
  building: Building,
  part?: string,
): Operand {
  const kept = [...operand.view.axes.keys()].filter((axis) => !places.includes(axis));
  const lanes = laneAxes(operand.view);
  const shape = kept.map((axis) => shapeOf(operand.view)[axis]!);
  const lanesKept = new Set(kept.flatMap((axis, i) => (lanes.has(axis) ? [i] : [])));
  const room = lanesKept.size > 0 ? building.room(shape, lanesKept) : building.roomOfRows(shape);
  const input = turned(operand, [...kept, ...places]);
  const result = building.compute({ kind: 'reduce', function: name, reduced: places.length }, [input], room, part);
  if (!keepDims) return result;
  const axes = places
    .toSorted((a, b) => a - b)
    .reduce<Axis[]>((all, place) => all.toSpliced(place, 0, []), [...result.view.axes]);
  return { ...result, view: { ...result.view, axes } };
}

export function lowerLocalResponseNorm({ attrs }: NodeOf<'localResponseNorm'>, building: Building): Operand {
  const operand = inputOf(building);
  const plain = operand.view.axes[0]!.length > 1 ? building.copyOfMap(operand) : operand;
  const input = turned(plain, [1, 2, 0]);
  return turned(building.compute({ kind: 'neighbours', ...attrs }, [input], building.roomLike(input)), [2, 0, 1]);
}
