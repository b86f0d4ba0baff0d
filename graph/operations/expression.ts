/** Functions of one number as trees of a few primitives, which each engine has in a table, each accurate by itself. */
import { cos, exp, expm1, log, log1p, pow, sin, tanh } from '../../base/math/index.js';

/** The value, or an argument of the function. */
export type Variable = 'x' | Argument;
export type Argument = 'alpha' | 'beta' | 'exponent' | 'min' | 'max';
export type Leaf = number | Variable;

export type Expression = Leaf | { readonly op: Primitive; readonly operands: readonly Expression[] };

/** What the primitives are for an engine. */
export type PrimitiveTable<T> = Readonly<Record<Primitive, (...operands: T[]) => T>>;

/** @param whole what an expression is that the engine computes in another way than by its primitives; else null */
export function interpret<T>(
  expression: Expression,
  leaf: (leaf: Leaf) => T,
  table: PrimitiveTable<T>,
  whole: (expression: Expression, inner: (part: Expression) => T) => T | null = () => null,
): T {
  const inner = (part: Expression) => interpret(part, leaf, table, whole);
  if (typeof expression !== 'object') return leaf(expression);
  return whole(expression, inner) ?? table[expression.op](...expression.operands.map(inner));
}

/** What an expression is if it is `x·σ(y)`. */
export function gateOf(expression: Expression): { x: Expression; y: Expression } | null {
  if (typeof expression !== 'object' || expression.op !== 'mul') return null;
  const [x, gate] = expression.operands as [Expression, Expression];
  return typeof gate === 'object' && gate.op === 'sigmoid' ? { x, y: gate.operands[0]! } : null;
}

export function primitivesOf(expression: Expression): Primitive[] {
  return typeof expression === 'object' ? [expression.op, ...expression.operands.flatMap(primitivesOf)] : [];
}

/** The definitions, in float64. */
const NUMBERS = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow,
  /** `x` between two limits. */
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
  /** `a` where `x < 0`, otherwise `b`. */
  belowZero: (x, a, b) => (x < 0 ? a : b),
  abs: Math.abs,
  ceil: Math.ceil,
  cos,
  erf,
  exp,
  expm1,
  floor: Math.floor,
  log,
  neg: (x) => -x,
  /** Halves to the even number. */
  round: roundToEven,
  sigmoid: (x) => 1 / (1 + exp(-x)),
  sign: Math.sign,
  sin,
  softplus: (x) => Math.max(x, 0) + log1p(exp(-Math.abs(x))),
  sqrt: Math.sqrt,
  tanh,
} as const satisfies Readonly<Record<string, (a: number, b: number, c: number) => number>>;

export type Primitive = keyof typeof NUMBERS;

const PRIMITIVES = Object.keys(NUMBERS) as readonly Primitive[];

export function perPrimitive<T>(entry: (op: Primitive) => T): Readonly<Record<Primitive, T>> {
  return Object.fromEntries(PRIMITIVES.map((op) => [op, entry(op)])) as Record<Primitive, T>;
}

/** Writes expressions: `mul('x', sigmoid('x'))`. */
export const expressions = perPrimitive(
  (op) =>
    (...operands: Expression[]): Expression => ({ op, operands }),
);

/** The function of `x`, for given arguments. */
export function formula(expression: Expression, given: Readonly<Partial<Record<Argument, number>>>) {
  if (expression === 'x') return (x: number): number => x;
  if (typeof expression !== 'object') {
    const value = typeof expression === 'number' ? expression : given[expression]!;
    return (): number => value;
  }
  const apply: (a: number, b: number, c: number) => number = NUMBERS[expression.op];
  const [a, b, c]: ((x: number) => number)[] = expression.operands.map((operand) => formula(operand, given));
  return (x: number): number => apply(a!(x), b?.(x) ?? 0, c?.(x) ?? 0);
}

function roundToEven(x: number): number {
  const up = Math.round(x);
  return Math.abs(x % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** erf: Maclaurin series near 0, else erfc's continued fraction (Abramowitz and Stegun 7.1.5, 7.1.14), to 1e-15. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z > 2.5) return Math.sign(x) * (1 - (exp(-z * z) / Math.sqrt(Math.PI)) * erfcFraction(z));
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
}

/** `1/(z + (1/2)/(z + (2/2)/(z + (3/2)/(z + …))))`. */
function erfcFraction(z: number): number {
  let tail = z;
  for (let k = 120; k >= 1; k--) tail = z + k / 2 / tail;
  return 1 / tail;
}
