/** Operations that look at a value in another way, or bring its entries to other places: views, and copies. */
import { slicedRange } from '../../../../graph/index.js';
import type { Operand } from '../planning/step.js';
import { evenly } from '../planning/strided.js';
import { dropped, expanded, permuted, reshaped, shapeOf, sliced, type View } from '../planning/view.js';
import { type Building, everywhere, type NodeOf } from './building.js';
import { joinChannels } from './lower-buffer.js';

export function lowerReshape(_: NodeOf<'reshape' | 'flatten'>, building: Building): Operand {
  return asShape(building.operands()[0], building.output, building);
}

/** Where no view has the shape, the value is copied first. */
export function asShape(operand: Operand, shape: readonly number[], building: Building): Operand {
  const view = reshaped(operand.view, shape);
  if (view !== null) return { ...operand, view };
  const given = shapeOf(operand.view);
  const copy = building.copy(operand, building.room(given, new Set(given.keys())));
  return { ...copy, view: reshaped(copy.view, shape)! };
}

export function turned(operand: Operand, axes: readonly number[]): Operand {
  return { ...operand, view: permuted(operand.view, axes) };
}

export function lowerPermute({ attrs }: NodeOf<'permute'>, building: Building): Operand {
  const places = attrs.axes.map((axis) => axis - 1);
  return turned(building.operands()[0], places);
}

export function lowerSelect({ attrs }: NodeOf<'select'>, building: Building): Operand {
  const [operand] = building.operands();
  const place = attrs.axis - 1;
  const start = attrs.index < 0 ? attrs.index + shapeOf(operand.view)[place]! : attrs.index;
  const one = sliced(operand.view, place, { start, length: 1, step: 1 })!;
  return { ...operand, view: dropped(one, place) };
}

export function lowerSlice({ attrs }: NodeOf<'slice'>, building: Building): Operand {
  const [operand] = building.operands();
  const place = attrs.axis - 1;
  const { start, length } = slicedRange(shapeOf(operand.view)[place]!, attrs);
  const { step } = attrs;
  const view = sliced(operand.view, place, { start, length, step });
  if (view !== null) return { ...operand, view };
  const entries = Array.from({ length }, (_, i) => start + i * step);
  return taken(operand, place, entries, building);
}

/** A copy of some entries of an axis. */
export function taken(operand: Operand, axis: number, entries: readonly number[], building: Building): Operand {
  const room = building.roomLike(operand, shapeOf(operand.view).with(axis, entries.length));
  const picks = [new Map([[axis, entries]])];
  return building.compute({ kind: 'copy', picks, inOrder: false }, [operand], room, 'copy');
}

export function lowerGather({ attrs }: NodeOf<'gather'>, building: Building): Operand {
  return taken(building.operands()[0], attrs.axis - 1, attrs.indices, building);
}

export function lowerExpand(_: NodeOf<'expand'>, building: Building): Operand {
  const [operand] = building.operands();
  return { ...operand, view: expanded(operand.view, building.output) };
}

export function lowerPixelShuffle({ attrs: { factor } }: NodeOf<'pixelShuffle'>, building: Building): Operand {
  const [operand] = building.operands();
  const [, height, width] = shapeOf(operand.view) as [number, number, number];
  const split = asShape(operand, [building.output[0]!, factor, factor, height, width], building);
  return asShape(turned(split, [0, 3, 1, 4, 2]), building.output, building);
}

export function lowerConcat(node: NodeOf<'concat'>, building: Building): Operand {
  return joinChannels(node, building) ?? joined(node, building);
}

function joined(node: NodeOf<'concat'>, building: Building): Operand {
  const operands = building.operands();
  const axis = node.attrs.axis - 1;
  const like = operands.find(({ fixed }) => fixed === null) ?? operands[0];
  const room = building.roomLike(like, building.output);
  let start = 0;
  const outputs = operands.map(({ view }) => {
    const length = shapeOf(view)[axis]!;
    start += length;
    return sliced(room.view, axis, { start: start - length, length, step: 1 })!;
  });
  return copies(operands, { room, outputs, inOrder: false }, building);
}

/** Each operand to its part of a room; in order, if later ones overwrite earlier ones. */
export function copies(
  operands: readonly Operand[],
  { room, outputs, inOrder }: { room: ReturnType<Building['room']>; outputs: View[]; inOrder: boolean },
  building: Building,
  part?: string,
): Operand {
  const picks = operands.map(() => new Map());
  return building.compute({ kind: 'copy', picks, inOrder }, operands, room, part, outputs);
}

export function lowerPad({ attrs }: NodeOf<'pad'>, building: Building): Operand {
  const { padding, mode, value } = attrs;
  const [operand] = building.operands();
  const given = shapeOf(operand.view);
  const room = building.roomLike(operand, building.output);
  if (mode !== 'constant') {
    const picks = new Map(padding.map(([before, after], axis) => [axis, mirrored(given[axis]!, before, after, mode)]));
    return building.compute({ kind: 'copy', picks: [picks], inOrder: false }, [operand], room);
  }
  const inside = padding.reduce(
    (view, [before], axis) => sliced(view, axis, { start: before, length: given[axis]!, step: 1 })!,
    room.view,
  );
  const background = everywhere(value, building.output);
  return copies([background, operand], { room, outputs: [room.view, inside], inOrder: true }, building);
}

/** For each entry of a padded axis, the entry that it repeats. */
function mirrored(size: number, before: number, after: number, mode: 'reflect' | 'replicate'): number[] {
  return evenly(before + size + after, 1).map((i) => {
    const at = i - before;
    if (at >= 0 && at < size) return at;
    if (mode === 'reflect') return at < 0 ? -at : 2 * (size - 1) - at;
    return at < 0 ? 0 : size - 1;
  });
}
