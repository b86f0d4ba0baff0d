/** Functions that are computed value by value, as ONNX operators. Those that opset 17 does not have are written out. */
import type { ComputedNode } from '../graph.js';
import { interpret, type PrimitiveTable } from '../operations/expression.js';
import { leavesOf, POINTWISE, type PointwiseAttrs } from '../operations/pointwise.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

export function pointwise(output: string, input: string, attrs: PointwiseAttrs, constants: Constants): OnnxNode[] {
  const { is, defaults, onnx } = POINTWISE[attrs.function];
  if (onnx === undefined || onnx.since !== undefined) {
    const chain = new Chain(output, constants);
    interpret<Operand>(is, leavesOf(attrs, input), chain.table);
    return chain.end();
  }
  const values = { ...onnx.fixed, ...defaults, ...attrs };
  const names = Object.keys({ ...onnx.defaults, ...onnx.fixed }) as (keyof typeof values & string)[];
  const attributes = Object.fromEntries(names.map((name) => [name, { float: values[name] as number }]));
  return [{ op: onnx.op, inputs: [input], output, ...(names.length === 0 ? {} : { attributes }) }];
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

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

/** The name of a value, or a number. */
type Operand = string | number;

/** Operators that compute one output together; values in between are named `output/1`, `output/2`, …. */
class Chain {
  readonly #output: string;
  readonly #constants: Constants;
  readonly #nodes: OnnxNode[] = [];

  constructor(output: string, constants: Constants) {
    this.#output = output;
    this.#constants = constants;
  }

  readonly table: PrimitiveTable<Operand> = {
    add: this.#operator('Add'),
    mul: this.#operator('Mul'),
    div: this.#operator('Div'),
    pow: this.#operator('Pow'),
    clamp: this.#operator('Clip'),
    belowZero: (x, a, b) => this.#add('Where', [this.#add('Less', [x, 0]), a, b]),
    abs: this.#operator('Abs'),
    ceil: this.#operator('Ceil'),
    cos: this.#operator('Cos'),
    erf: this.#operator('Erf'),
    exp: this.#operator('Exp'),
    // 2·t/(1 − t), where t = tanh(x/2).
    expm1: (x) => {
      const t = this.#add('Tanh', [this.#add('Mul', [x, 0.5])]);
      return this.#add('Div', [this.#add('Mul', [t, 2]), this.#add('Sub', [1, t])]);
    },
    floor: this.#operator('Floor'),
    log: this.#operator('Log'),
    neg: this.#operator('Neg'),
    round: this.#operator('Round'),
    sigmoid: this.#operator('Sigmoid'),
    sign: this.#operator('Sign'),
    sin: this.#operator('Sin'),
    softplus: this.#operator('Softplus'),
    sqrt: this.#operator('Sqrt'),
    tanh: this.#operator('Tanh'),
  };

  /** The operators; the last one gives the output. */
  end(): OnnxNode[] {
    return this.#nodes.with(-1, { ...this.#nodes.at(-1)!, output: this.#output });
  }

  #operator(op: string) {
    return (...operands: Operand[]): Operand => this.#add(op, operands);
  }

  /** @returns the name of the value */
  #add(op: string, operands: readonly Operand[]): string {
    const inputs = operands.map((operand) => (typeof operand === 'string' ? operand : this.#scalar(operand)));
    const output = `${this.#output}/${this.#nodes.length + 1}`;
    this.#nodes.push({ op, inputs, output });
    return output;
  }

  /** No runtime takes infinity as a limit. */
  #scalar(value: number): string {
    return this.#constants.scalar(Math.min(Math.max(value, -LARGEST), LARGEST));
  }
}
