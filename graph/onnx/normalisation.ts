/** Layers that normalise, in ONNX. */
import type { ComputedNode } from '../graph.js';
import { GraphError } from '../graph-error.js';
import type { LocalResponseNormAttrs } from '../operations/local-response-norm.js';
import type { NormalizeAttrs } from '../operations/normalize.js';
import { sizeOf } from '../operations/positions.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

/** @throws GraphError `UNKNOWN_OPERATION` for an even size: ONNX has the odd channel after, PyTorch before */
export function localResponseNorm(output: string, input: string, attrs: LocalResponseNormAttrs): OnnxNode {
  const { size, alpha, beta, k } = attrs;
  if (size % 2 === 0) {
    throw new GraphError(
      'UNKNOWN_OPERATION',
      `${output}: a local response norm over ${size} channels, ONNX needs an odd number`,
    );
  }
  const attributes = { size, alpha: { float: alpha }, beta: { float: beta }, bias: { float: k } };
  return { op: 'LRN', inputs: [input], output, attributes };
}

/** The operator needs a scale. */
export function layerNorm(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'layerNorm' }>,
  constants: Constants,
): OnnxNode {
  const { shape, eps, weight, bias } = attrs;
  const scale = weight
    ? `${name}.weight`
    : constants.floats(`ones ${shape.join('×')}`, shape, new Float32Array(sizeOf(shape)).fill(1));
  return {
    op: 'LayerNormalization',
    inputs: [...inputs, scale, ...(bias ? [`${name}.bias`] : [])],
    output: name,
    attributes: { axis: -shape.length, epsilon: { float: eps } },
  };
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
