/** Layers that normalise, in ONNX. */
import type { ComputedNode } from '../graph.js';
import { neighbourMatrix } from '../operations/local-response-norm.js';
import type { NormalizeAttrs } from '../operations/normalize.js';
import { sizeOf } from '../operations/positions.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

/**
 * For an even size, ONNX has the odd channel after and PyTorch before: the sum over neighbouring channels is a convolution
 * then.
 */
export function localResponseNorm(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'localResponseNorm' }>,
  channels: number,
  constants: Constants,
): OnnxNode[] {
  const { size, alpha, beta, k } = attrs;
  const [input] = inputs as [string];
  if (size % 2 === 1) {
    const attributes = { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
    return [{ op: 'LRN', inputs: [input], output: name, attributes }];
  }
  const value = (part: string) => `${name}/${part}`;
  const neighbours = constants.floats(
    `${size} neighbours of ${channels}`,
    [channels, channels, 1, 1],
    neighbourMatrix(channels, size),
  );
  return [
    { op: 'Mul', inputs: [input, input], output: value('squares') },
    { op: 'Conv', inputs: [value('squares'), neighbours], output: value('sums') },
    { op: 'Mul', inputs: [value('sums'), constants.scalar(alpha / size)], output: value('scaled') },
    { op: 'Add', inputs: [value('scaled'), constants.scalar(k)], output: value('base') },
    { op: 'Pow', inputs: [value('base'), constants.scalar(beta)], output: value('divisor') },
    { op: 'Div', inputs: [input, value('divisor')], output: name },
  ];
}

/**
 * The operator needs a scale. Several axes are joined to one for it: onnxruntime merges the operator with an addition
 * before it, and then takes scales of one axis only.
 *
 * @param rank of the value with its batch
 */
export function layerNorm(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'layerNorm' }>,
  rank: number,
  constants: Constants,
): OnnxNode[] {
  const { shape, eps, weight, bias } = attrs;
  const [input] = inputs as [string];
  const size = sizeOf(shape);
  const ones = constants.floats(`ones ${size}`, [size], new Float32Array(size).fill(1));
  const attributes = { axis: -1, epsilon: { float: eps } };
  const value = (part: string) => `${name}/${part}`;
  if (shape.length === 1) {
    const parts = [weight ? `${name}.weight` : ones, ...(bias ? [`${name}.bias`] : [])];
    return [{ op: 'LayerNormalization', inputs: [input, ...parts], output: name, attributes }];
  }
  const outer = new Array<number>(rank - shape.length).fill(0);
  const joined = [...(weight ? ['weight'] : []), ...(bias ? ['bias'] : [])].map((part) => ({
    op: 'Reshape',
    inputs: [`${name}.${part}`, constants.vector([size])],
    output: value(part),
  }));
  const parts = [weight ? value('weight') : ones, ...(bias ? [value('bias')] : [])];
  return [
    ...joined,
    { op: 'Reshape', inputs: [input, constants.vector([...outer, size])], output: value('joined') },
    { op: 'LayerNormalization', inputs: [value('joined'), ...parts], output: value('normal'), attributes },
    { op: 'Reshape', inputs: [value('normal'), constants.vector([...outer, ...shape])], output: name },
  ];
}

/**
 * Opset 17 has only the norm of each channel: a group is made one channel for it. Afterwards, the value gets its shape
 * back, and each channel its own scale.
 *
 * @param rank of the value with its batch
 */
export function groupNorm(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'groupNorm' }>,
  rank: number,
  constants: Constants,
): OnnxNode[] {
  const { groups, channels, eps, affine } = attrs;
  const [input] = inputs as [string];
  const flat = (value: number) =>
    constants.floats(`${groups} times ${value}`, [groups], new Float32Array(groups).fill(value));
  const perChannel = constants.vector([channels, ...new Array<number>(rank - 2).fill(1)]);
  const value = (part: string) => `${name}/${part}`;
  const nodes: OnnxNode[] = [
    { op: 'Reshape', inputs: [input, constants.vector([0, groups, -1])], output: value('groups') },
    {
      op: 'InstanceNormalization',
      inputs: [value('groups'), flat(1), flat(0)],
      output: value('normal'),
      attributes: { epsilon: { float: eps } },
    },
    { op: 'Shape', inputs: [input], output: value('shape') },
    { op: 'Reshape', inputs: [value('normal'), value('shape')], output: affine ? value('channels') : name },
  ];
  if (!affine) return nodes;
  return [
    ...nodes,
    { op: 'Reshape', inputs: [`${name}.weight`, perChannel], output: value('gain') },
    { op: 'Mul', inputs: [value('channels'), value('gain')], output: value('scaled') },
    { op: 'Reshape', inputs: [`${name}.bias`, perChannel], output: value('shift') },
    { op: 'Add', inputs: [value('scaled'), value('shift')], output: name },
  ];
}

export function normalize(
  output: string,
  input: string,
  { axis, eps }: NormalizeAttrs,
  constants: Constants,
): OnnxNode[] {
  const [norm, divisor] = [`${output}/norm`, `${output}/divisor`];
  return [
    { op: 'ReduceL2', inputs: [input], output: norm, attributes: { axes: [axis], keepdims: 1 } },
    { op: 'Max', inputs: [norm, constants.scalar(eps)], output: divisor },
    { op: 'Div', inputs: [input, divisor], output },
  ];
}
