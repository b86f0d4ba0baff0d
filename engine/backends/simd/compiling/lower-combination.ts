/** Functions of two values, one of which may be repeated along some axes. */
import type { ComputedNode } from '../../../../graph/index.js';
import type { Combination, Operand } from '../planning/step.js';
import { expanded, reshaped, type View } from '../planning/view.js';
import { activationOf, clampedView } from './activations.js';
import { type Building, fixedNumbers, fixedTensor, type Room } from './building.js';

type Node<O extends ComputedNode['op']> = Extract<ComputedNode, { op: O }>;

export function lowerArithmetic(
  node: Node<'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum'>,
  building: Building,
): View {
  const [a, b] = building.operands(node);
  return combined(node, node.op, [a, b!], building);
}

/** The sum of operands that do not all lie alike. */
export function addWithRepetition(node: Node<'add'>, building: Building): View {
  const [first, ...rest] = building.operands(node);
  const isNode = (i: number) => i === rest.length - 1 && activationOf(node) === null;
  const sum = rest.reduce<Operand>((before, operand, i) => {
    const part = isNode(i) ? undefined : 'sum';
    return building.computed(combined(node, 'add', [before, operand], building, part));
  }, first);
  return clampedView(node, building.whole(node, sum), building);
}

/** @param part left out: it is the node */
export function combined(
  node: ComputedNode,
  name: Combination,
  [a, b]: readonly [Operand, Operand],
  building: Building,
  part?: string,
): View {
  const shape = [...Array(a.view.axes.length).keys()].map((i) => Math.max(sizeAt(a, i), sizeAt(b, i)));
  const operands = [repeatedTo(a, shape), repeatedTo(b, shape)];
  return building.compute(node, { kind: 'combine', function: name }, operands, roomOf([a, b], shape, building), part);
}

function sizeAt({ view }: Operand, axis: number): number {
  return view.axes[axis]!.reduce((product, { size }) => product * size, 1);
}

function repeatedTo(operand: Operand, shape: readonly number[]): Operand {
  return { ...operand, view: expanded(operand.view, shape) };
}

/** A buffer like that of an operand that has all entries. */
function roomOf(operands: readonly Operand[], shape: readonly number[], building: Building): Room {
  const computed = operands.filter(({ fixed }) => fixed === null);
  const full = computed.filter((operand) => shape.every((size, i) => size === sizeAt(operand, i)));
  const like = full.find((operand) => building.isWhole(operand)) ?? full[0] ?? computed[0];
  return like === undefined ? building.roomOfRows(shape) : building.roomLike(like, shape);
}

/** A batch norm as a product and a sum, with factors that are computed in float64. */
export function scaleAndShift(node: Node<'batchNorm2d'>, operand: Operand, building: Building): View {
  const { channels, eps } = node.attrs;
  const rank = operand.view.axes.length;
  const factorOf = (tensor: (name: string) => Float32Array, c: number) => {
    return tensor('weight')[c]! / Math.sqrt(tensor('running_var')[c]! + eps);
  };
  const numbers = (packing: string, value: (tensor: (name: string) => Float32Array, c: number) => number): Operand => {
    const fixed = {
      node: node.name,
      packing,
      floats: channels,
      fill: (into: Float32Array, tensor: (name: string) => Float32Array) => {
        for (let c = 0; c < channels; c++) into[c] = value(tensor, c);
      },
    };
    return perChannel(fixedNumbers(fixed, [channels]), rank);
  };
  const factors = numbers('channel factors', factorOf);
  const offsets = numbers('channel offsets', (tensor, c) => {
    return tensor('bias')[c]! - tensor('running_mean')[c]! * factorOf(tensor, c);
  });
  const scaled = combined(node, 'mul', [operand, factors], building, 'scaled');
  return combined(node, 'add', [building.computed(scaled), offsets], building);
}

export function lowerPRelu(node: Node<'prelu'>, building: Building): View {
  const [operand] = building.operands(node);
  const slopes = fixedTensor(node.name, 'weight', [node.attrs.slopes]);
  return combined(node, 'prelu', [operand, perChannel(slopes, operand.view.axes.length)], building);
}

/** Numbers for each entry of the first axis, as a value of so many axes. */
export function perChannel(numbers: Operand, rank: number): Operand {
  const size = sizeAt(numbers, 0);
  return { ...numbers, view: reshaped(numbers.view, [size, ...Array<number>(rank - 1).fill(1)])! };
}
