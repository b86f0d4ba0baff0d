/** Operators of constants, value by value. Floats are rounded to float32 after each, as runtimes do. */
import { pow } from '../../../base/math/index.js';
import { formula, POINTWISE } from '../../../graph/index.js';
import { broadcastDims, type Constant, emptyConstant, repeatedTo } from './constant.js';

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

/** Functions of the graph that are an operator without arguments. */
const UNARY: ReadonlyMap<string, Unary> = new Map([
  ['Relu', (x: number) => Math.max(x, 0)],
  ...Object.values(POINTWISE)
    .filter(({ onnx, defaults }) => onnx !== undefined && onnx.approximate === undefined && defaults === undefined)
    .map(({ is, onnx }): [string, Unary] => [onnx!.op, formula(is, {})]),
]);

/** `float` differs from `int` where whole numbers are divided. */
const BINARY: Readonly<Record<string, { float: Binary; int: Binary }>> = {
  Add: same((a, b) => a + b),
  Sub: same((a, b) => a - b),
  Mul: same((a, b) => a * b),
  Div: { float: (a, b) => a / b, int: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)) },
  Pow: same(pow),
  Min: same(Math.min),
  Max: same(Math.max),
};

const COMPARISONS: Readonly<Record<string, Binary>> = {
  Equal: (a, b) => Number(a === b),
  Less: (a, b) => Number(a < b),
  LessOrEqual: (a, b) => Number(a <= b),
  Greater: (a, b) => Number(a > b),
  GreaterOrEqual: (a, b) => Number(a >= b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Or: (a, b) => Number(a !== 0 || b !== 0),
  Xor: (a, b) => Number((a !== 0) !== (b !== 0)),
};

function same(formula: Binary): { float: Binary; int: Binary } {
  return { float: formula, int: formula };
}

export function isElementwise(op: string): boolean {
  return UNARY.has(op) || op in BINARY || op in COMPARISONS || op === 'Not' || op === 'Mod' || op === 'IsNaN';
}

/** How many inputs an operator takes, at least and at most. */
export function inputsOf(op: string): readonly [least: number, most: number] {
  if (UNARY.has(op) || op === 'Not' || op === 'IsNaN') return [1, 1];
  return op === 'Min' || op === 'Max' ? [1, Number.POSITIVE_INFINITY] : [2, 2];
}

/** @param isFloatMod whether `Mod` has the sign of the dividend, as C's `fmod`, not of the divisor, as Python's `%` */
export function elementwise(op: string, inputs: readonly Constant[], isFloatMod: boolean): Constant {
  const [a, b] = inputs as readonly [Constant, Constant];
  if (op === 'Not') return unary(a, 'bool', (x) => Number(x === 0));
  if (op === 'IsNaN') return unary(a, 'bool', (x) => Number(Number.isNaN(x)));
  if (op === 'Mod')
    return binary(a, b, a.kind, isFloatMod ? (x, y) => x % y : a.kind === 'float' ? floorMod : wholeMod);
  const one = UNARY.get(op);
  if (one !== undefined) return unary(a, a.kind, one);
  const comparison = COMPARISONS[op];
  if (comparison !== undefined) return binary(a, b, 'bool', comparison);
  const kind = commonKind(inputs);
  const formula = BINARY[op]![kind === 'float' ? 'float' : 'int'];
  return inputs.slice(1).reduce((left, right) => binary(left, right, kind, formula), a);
}

/** ONNX's operands are of one kind. Those of programs may differ: floats come first, booleans last. */
function commonKind(inputs: readonly Constant[]): Constant['kind'] {
  return (['float', 'int'] as const).find((kind) => inputs.some((input) => input.kind === kind)) ?? 'bool';
}

/** `condition ? a : b`, all three repeated to one shape. */
export function where(condition: Constant, a: Constant, b: Constant): Constant {
  const dims = broadcastDims(condition.dims, broadcastDims(a.dims, b.dims));
  const from = Math.max(condition.data.length, a.data.length, b.data.length);
  const made = emptyConstant(commonKind([a, b]), dims, from);
  const [asked, first, second] = [condition, a, b].map((each) => repeatedTo(each, dims, from).data);
  for (let i = 0; i < made.data.length; i++) made.data[i] = (asked![i] === 0 ? second : first)![i]!;
  return made;
}

function wholeMod(a: number, b: number): number {
  return b === 0 ? 0 : a - Math.floor(a / b) * b;
}

/** With the sign of the divisor, as Python's `%`; a quotient of anything by infinity lies between two whole numbers. */
function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function unary(a: Constant, kind: Constant['kind'], formula: Unary): Constant {
  const made = emptyConstant(kind, a.dims);
  for (let i = 0; i < made.data.length; i++) made.data[i] = formula(a.data[i]!);
  return made;
}

function binary(a: Constant, b: Constant, kind: Constant['kind'], formula: Binary): Constant {
  const dims = broadcastDims(a.dims, b.dims);
  const from = Math.max(a.data.length, b.data.length);
  const made = emptyConstant(kind, dims, from);
  const [left, right] = [a, b].map((each) => repeatedTo(each, dims, from).data);
  for (let i = 0; i < made.data.length; i++) made.data[i] = formula(left![i]!, right![i]!);
  return made;
}
