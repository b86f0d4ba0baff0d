/** Functions of one number as operators of ONNX. */
import { type Expression, interpret, type Leaf, type PrimitiveTable, perPrimitive } from './expression.js';
import type { OnnxConstants, OnnxNode, OnnxPlace } from './onnx-form.js';

export function expressionNodes(
  { name, constants }: OnnxPlace,
  expression: Expression,
  leaf: (leaf: Leaf) => string | number,
): OnnxNode[] {
  const chain = new Chain(name, constants);
  interpret<Operand>(expression, leaf, chain.table);
  return chain.end();
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** The name of a value, or a number. */
type Operand = string | number;

/** Operators that compute one output together; values in between are named `output/1`, `output/2`, …. */
class Chain {
  readonly #output: string;
  readonly #constants: OnnxConstants;
  readonly #nodes: OnnxNode[] = [];

  constructor(output: string, constants: OnnxConstants) {
    this.#output = output;
    this.#constants = constants;
  }

  readonly table: PrimitiveTable<Operand> = {
    ...perPrimitive((op) => this.#operator(`${op[0]!.toUpperCase()}${op.slice(1)}`)),
    clamp: this.#operator('Clip'),
    belowZero: (x, a, b) => this.#add('Where', [this.#add('Less', [x, 0]), a, b]),
    // 2·t/(1 − t), where t = tanh(x/2).
    expm1: (x) => {
      const t = this.#add('Tanh', [this.#add('Mul', [x, 0.5])]);
      return this.#add('Div', [this.#add('Mul', [t, 2]), this.#add('Sub', [1, t])]);
    },
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
