/** Functions that are computed value by value, as ONNX operators. Opset 17 has no Gelu, Silu and Mish: they are written out. */
import type { ComputedNode } from '../graph.js';
import {
  GELU_CUBIC,
  GELU_SLOPE,
  LEAKY_SLOPE,
  type PointwiseAttrs,
  type PointwiseFunction,
  QUICK_GELU_SLOPE,
  SELU_ALPHA,
  SELU_SCALE,
} from '../operations/pointwise.js';
import type { Constants } from './constants.js';
import type { Attribute, OnnxNode } from './proto.js';

export function pointwise(output: string, input: string, attrs: PointwiseAttrs, constants: Constants): OnnxNode[] {
  const { alpha, beta, exponent = 1, min, max } = attrs;
  const chain = new Chain(output, constants);
  const one = (op: string, attributes?: Record<string, Attribute>) => [
    { op, inputs: [input], output, ...(attributes && { attributes }) },
  ];
  switch (attrs.function) {
    case 'leaky_relu':
      return one('LeakyRelu', { alpha: { float: alpha ?? LEAKY_SLOPE } });
    case 'elu':
      return one('Elu', { alpha: { float: alpha ?? 1 } });
    case 'celu':
      return one('Celu', { alpha: { float: alpha ?? 1 } });
    case 'selu':
      return one('Selu', { alpha: { float: SELU_ALPHA }, gamma: { float: SELU_SCALE } });
    case 'hardsigmoid':
      return one('HardSigmoid', { alpha: { float: alpha ?? 1 / 6 }, beta: { float: beta ?? 1 / 2 } });
    case 'gelu': {
      const erf = chain.add('Erf', chain.add('Div', input, Math.SQRT2));
      return chain.end('Mul', chain.add('Mul', input, chain.add('Add', erf, 1)), 0.5);
    }
    case 'gelu_tanh': {
      const square = chain.add('Mul', input, input);
      const slope = chain.add('Add', chain.add('Mul', square, GELU_SLOPE * GELU_CUBIC), GELU_SLOPE);
      const tanh = chain.add('Tanh', chain.add('Mul', input, slope));
      return chain.end('Mul', chain.add('Mul', input, chain.add('Add', tanh, 1)), 0.5);
    }
    case 'quick_gelu':
      return chain.end('Mul', input, chain.add('Sigmoid', chain.add('Mul', input, QUICK_GELU_SLOPE)));
    case 'silu':
      return chain.end('Mul', input, chain.add('Sigmoid', input));
    case 'mish':
      return chain.end('Mul', input, chain.add('Tanh', chain.add('Softplus', input)));
    case 'rsqrt':
      return chain.end('Div', 1, chain.add('Sqrt', input));
    case 'power':
      return chain.end('Pow', input, exponent);
    case 'clamp':
      return chain.end('Clip', input, min ?? -LARGEST, max ?? LARGEST);
    default:
      return one(OPERATORS[attrs.function]);
  }
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Functions that are one operator without attributes. */
const OPERATORS = {
  hardswish: 'HardSwish',
  sigmoid: 'Sigmoid',
  softplus: 'Softplus',
  softsign: 'Softsign',
  tanh: 'Tanh',
  erf: 'Erf',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  reciprocal: 'Reciprocal',
  abs: 'Abs',
  neg: 'Neg',
  sign: 'Sign',
  floor: 'Floor',
  ceil: 'Ceil',
  round: 'Round',
  sin: 'Sin',
  cos: 'Cos',
} as const satisfies Partial<Record<PointwiseFunction, string>>;

/** Slopes of `[C]` lie along axis 1 of a value of this rank. */
export function prelu(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'prelu' }>,
  rank: number,
  constants: Constants,
): OnnxNode[] {
  const shape = [attrs.slopes, ...new Array<number>(Math.max(0, rank - 2)).fill(1)];
  return [
    { op: 'Reshape', inputs: [`${name}.weight`, constants.vector(shape)], output: `${name}/slopes` },
    { op: 'PRelu', inputs: [inputs[0]!, `${name}/slopes`], output: name },
  ];
}

/** Operators that compute one output together; values in between are named `output/1`, `output/2`, …. */
class Chain {
  readonly #output: string;
  readonly #constants: Constants;
  readonly #nodes: OnnxNode[] = [];

  constructor(output: string, constants: Constants) {
    this.#output = output;
    this.#constants = constants;
  }

  /** @returns the name of the value */
  add(op: string, ...inputs: readonly (string | number)[]): string {
    return this.#push(op, inputs, `${this.#output}/${this.#nodes.length + 1}`);
  }

  /** The last operator, which gives the output. */
  end(op: string, ...inputs: readonly (string | number)[]): OnnxNode[] {
    this.#push(op, inputs, this.#output);
    return this.#nodes;
  }

  #push(op: string, inputs: readonly (string | number)[], output: string): string {
    const names = inputs.map((input) => (typeof input === 'string' ? input : this.#constants.scalar(input)));
    this.#nodes.push({ op, inputs: names, output });
    return output;
  }
}
