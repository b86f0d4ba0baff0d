/**
 * Functions of one number as data: trees of a few primitives. Each engine has one table with what a primitive is there, and
 * every function follows from it. A primitive is accurate by itself (`softplus` does not overflow, `expm1` does not cancel).
 */
import { erf as errorFunction } from './erf.js';

/** The value, or an argument of the function. */
export type Variable = 'x' | Argument;
export type Argument = 'alpha' | 'beta' | 'exponent' | 'min' | 'max';
export type Leaf = number | Variable;

export type Expression = Leaf | { readonly op: Primitive; readonly operands: readonly Expression[] };

const unary = (op: Primitive) => (x: Expression) => ({ op, operands: [x] });
const binary = (op: Primitive) => (a: Expression, b: Expression) => ({ op, operands: [a, b] });

export const add = binary('add');
export const mul = binary('mul');
export const div = binary('div');
export const pow = binary('pow');
/** `x` between two limits. */
export const clamp = (x: Expression, low: Expression, high: Expression): Expression => {
  return { op: 'clamp', operands: [x, low, high] };
};
/** `a` where `x < 0`, otherwise `b`. */
export const belowZero = (x: Expression, a: Expression, b: Expression): Expression => {
  return { op: 'belowZero', operands: [x, a, b] };
};
export const abs = unary('abs');
export const ceil = unary('ceil');
export const cos = unary('cos');
export const erf = unary('erf');
export const exp = unary('exp');
/** `eˣ − 1`. */
export const expm1 = unary('expm1');
export const floor = unary('floor');
export const log = unary('log');
export const neg = unary('neg');
/** To the nearest whole number, halves to the even one. */
export const round = unary('round');
export const sigmoid = unary('sigmoid');
export const sign = unary('sign');
export const sin = unary('sin');
/** `log(1 + eˣ)`. */
export const softplus = unary('softplus');
export const sqrt = unary('sqrt');
export const tanh = unary('tanh');

/** What the primitives are for an engine. */
export type PrimitiveTable<T> = Readonly<Record<Primitive, (...operands: T[]) => T>>;

/**
 * @param leaf what a number and a variable are
 * @param whole what an expression is that the engine computes in another way than by its primitives; null: by those
 */
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

/** The primitives that an expression has. */
export function primitivesOf(expression: Expression): Primitive[] {
  return typeof expression === 'object' ? [expression.op, ...expression.operands.flatMap(primitivesOf)] : [];
}

/** The definitions, in float64. */
const NUMBERS = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
  belowZero: (x, a, b) => (x < 0 ? a : b),
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  erf: errorFunction,
  exp: Math.exp,
  expm1: Math.expm1,
  floor: Math.floor,
  log: Math.log,
  neg: (x) => -x,
  round: roundToEven,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sign: Math.sign,
  sin: Math.sin,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  sqrt: Math.sqrt,
  tanh: Math.tanh,
} as const satisfies Readonly<Record<string, (a: number, b: number, c: number) => number>>;

export type Primitive = keyof typeof NUMBERS;

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
