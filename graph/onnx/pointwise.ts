/** Activations as ONNX operators. Opset 17 has no Gelu and no Silu: they are written out. */
import { LEAKY_SLOPE, type PointwiseFunction } from '../operations/pointwise.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

export function pointwise(output: string, input: string, name: PointwiseFunction, constants: Constants): OnnxNode[] {
  switch (name) {
    case 'leaky_relu':
      return [{ op: 'LeakyRelu', inputs: [input], output, attributes: { alpha: { float: LEAKY_SLOPE } } }];
    case 'elu':
      return [{ op: 'Elu', inputs: [input], output, attributes: { alpha: { float: 1 } } }];
    case 'gelu':
      return gelu(output, input, constants);
    case 'silu':
      return [
        { op: 'Sigmoid', inputs: [input], output: `${output}/sigmoid` },
        { op: 'Mul', inputs: [input, `${output}/sigmoid`], output },
      ];
    case 'hardswish':
      return [{ op: 'HardSwish', inputs: [input], output }];
    case 'tanh':
      return [{ op: 'Tanh', inputs: [input], output }];
    case 'sigmoid':
      return [{ op: 'Sigmoid', inputs: [input], output }];
  }
}

/** `x/2 · (1 + erf(x/√2))`. */
function gelu(output: string, input: string, constants: Constants): OnnxNode[] {
  const constant = (value: number) => constants.floats(String(value), [], [value]);
  return [
    { op: 'Div', inputs: [input, constant(Math.SQRT2)], output: `${output}/scaled` },
    { op: 'Erf', inputs: [`${output}/scaled`], output: `${output}/erf` },
    { op: 'Add', inputs: [`${output}/erf`, constant(1)], output: `${output}/factor` },
    { op: 'Mul', inputs: [input, `${output}/factor`], output: `${output}/twice` },
    { op: 'Mul', inputs: [`${output}/twice`, constant(0.5)], output },
  ];
}
