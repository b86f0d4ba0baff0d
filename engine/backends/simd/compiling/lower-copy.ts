/** Operations that bring entries to other places: they are copies. */
import type { ComputedNode } from '../../../../graph/index.js';
import { evenly } from '../planning/strided.js';
import { expanded, shapeOf, sliced, type View } from '../planning/view.js';
import { type Building, fixedNumber } from './building.js';
import { joinChannels } from './lower-buffer.js';
import { taken } from './lower-view.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerGather(node: Node<'gather'>, building: Building): View {
  return taken(node, building.operand(node.inputs[0]!), node.attrs.axis - 1, node.attrs.indices, building);
}

export function lowerConcat(node: Node<'concat'>, building: Building): View {
  return joinChannels(node, building) ?? joined(node, building);
}

function joined(node: Node<'concat'>, building: Building): View {
  const operands = building.operands(node);
  const axis = node.attrs.axis - 1;
  const like = operands.find(({ fixed }) => fixed === null) ?? operands[0];
  const room = building.roomLike(like, building.shape(node.name));
  let start = 0;
  const outputs = operands.map(({ view }) => {
    const length = shapeOf(view)[axis]!;
    start += length;
    return sliced(room.view, axis, { start: start - length, length, step: 1 })!;
  });
  const kind = { kind: 'copy', picks: operands.map(() => new Map()), inOrder: false } as const;
  return building.computeParts(node, kind, { operands, outputs }, room);
}

export function lowerPad(node: Node<'pad'>, building: Building): View {
  const { padding, mode, value } = node.attrs;
  const operand = building.operand(node.inputs[0]!);
  const shape = building.shape(node.name);
  const given = shapeOf(operand.view);
  const room = building.roomLike(operand, shape);
  if (mode !== 'constant') {
    const picks = new Map(padding.map(([before, after], axis) => [axis, mirrored(given[axis]!, before, after, mode)]));
    return building.compute(node, { kind: 'copy', picks: [picks], inOrder: false }, [operand], room);
  }
  const number = fixedNumber(value);
  const everywhere = { ...number, view: expanded({ ...number.view, axes: shape.map(() => []) }, shape) };
  const inside = padding.reduce(
    (view, [before], axis) => sliced(view, axis, { start: before, length: given[axis]!, step: 1 })!,
    room.view,
  );
  const kind = { kind: 'copy', picks: [new Map(), new Map()], inOrder: true } as const;
  return building.computeParts(node, kind, { operands: [everywhere, operand], outputs: [room.view, inside] }, room);
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
