/** Prints functions in float64, rounded once: two values at a time if all of their primitives can do that. */
import {
  type Argument,
  type Expression,
  gateOf,
  interpret,
  type Leaf,
  POINTWISE,
  type PointwiseFunction,
  type PrimitiveTable,
  primitivesOf,
} from '../../../../../graph/index.js';

/** The arguments of a function, in the order in which the kernel gets them. */
export function argumentsOf(name: PointwiseFunction): Argument[] {
  return Object.keys(POINTWISE[name].defaults ?? {}) as Argument[];
}

function expressionOf(name: PointwiseFunction): Expression {
  const { is, fast = is } = POINTWISE[name];
  return fast;
}

/** Primitives of one float64. */
const ONE: PrimitiveTable<string> = {
  add: (a, b) => `(${a} + ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  pow: (a, b) => `power(${a}, ${b})`,
  clamp: (x, low, high) => `min(max(${x}, ${low}), ${high})`,
  belowZero: (x, a, b) => `(${x} < 0 ? ${a} : ${b})`,
  abs: (x) => `abs(${x})`,
  ceil: (x) => `ceil(${x})`,
  cos: (x) => `cosine(${x})`,
  erf: (x) => `errorFunction(${x})`,
  exp: (x) => `exponential(${x})`,
  expm1: (x) => `exponentialMinus1(${x})`,
  floor: (x) => `floor(${x})`,
  log: (x) => `logarithm(${x})`,
  neg: (x) => `-${x}`,
  round: (x) => `nearest(${x})`,
  sigmoid: (x) => `sigmoid(${x})`,
  sign: (x) => `signOf(${x})`,
  sin: (x) => `sine(${x})`,
  softplus: (x) => `softplus(${x})`,
  sqrt: (x) => `sqrt(${x})`,
  tanh: (x) => `hyperbolicTangent(${x})`,
};

/** Primitives of two float64. */
const TWO: Partial<PrimitiveTable<string>> = {
  add: (a, b) => `f64x2.add(${a}, ${b})`,
  mul: (a, b) => `f64x2.mul(${a}, ${b})`,
  div: (a, b) => `f64x2.div(${a}, ${b})`,
  clamp: (x, low, high) => `f64x2.min(f64x2.max(${x}, ${low}), ${high})`,
  abs: (x) => `f64x2.abs(${x})`,
  exp: (x) => `exponentials(${x})`,
  neg: (x) => `f64x2.neg(${x})`,
  sigmoid: (x) => `gated(f64x2.splat(1), ${x})`,
  sqrt: (x) => `f64x2.sqrt(${x})`,
};

/** Whether a function is computed two values at a time. */
export function isPaired(name: PointwiseFunction): boolean {
  return primitivesOf(expressionOf(name)).every((op) => op in TWO);
}

const numberText = (value: number): string => (Number.isInteger(value) ? `${value}.0` : `${value}`);

function leaf(name: PointwiseFunction, value: Leaf): string {
  if (typeof value === 'number') return numberText(value);
  return value === 'x' ? 'x' : `load<f64>(numbers, ${8 * argumentsOf(name).indexOf(value)})`;
}

/** From what lies at `from` to what lies from `to` to `stop`. */
export function printFloat64(name: PointwiseFunction): string {
  return `function ${name}_64(numbers: usize, from: usize, to: usize, stop: usize): void {
${isPaired(name) ? printPairs(name) : printSingles(name)}
}
`;
}

function printSingles(name: PointwiseFunction): string {
  const result = interpret(expressionOf(name), (value) => leaf(name, value), ONE);
  return `  for (; to < stop; to += 4, from += 4) {
    const x = <f64>load<f32>(from);
    const result: f64 = ${result};
    store<f32>(to, <f32>result);
  }`;
}

function printPairs(name: PointwiseFunction): string {
  const splat = (value: Leaf) => (value === 'x' ? 'x' : `f64x2.splat(${leaf(name, value)})`);
  const result = interpret(expressionOf(name), splat, TWO as PrimitiveTable<string>, (expression, inner) => {
    const gate = gateOf(expression);
    return gate === null ? null : `gated(${inner(gate.x)}, ${inner(gate.y)})`;
  });
  return `  for (; to < stop; to += 16, from += 16) {
    const four = v128.load(from);
    let x = f64x2.promote_low_f32x4(four);
    const lows = f32x4.demote_f64x2_zero(${result});
    x = f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 0, 1));
    const highs = f32x4.demote_f64x2_zero(${result});
    v128.store(to, v128.shuffle<i32>(lows, highs, 0, 1, 4, 5));
  }`;
}
