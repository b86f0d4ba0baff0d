/**
 * Functions by value that are never fused, with names and defaults of `torch.nn.functional` and `torch`. A line is all
 * of a function: reference, engines, and ONNX writer and importers follow from it.
 */
import { type Argument, type Expression, expressions, formula, type Leaf } from './expression.js';
import { expressionNodes } from './expression-onnx.js';
import type { Layer, ModuleScope, Value } from './layer.js';
import { type OnnxNode, type OnnxPlace, operator } from './onnx-form.js';
import { type Operation, only } from './operation.js';

export interface PointwiseDefinition {
  is: Expression;
  /** The same with fewer steps, for engines without a kernel for all of it. */
  fast?: Expression;
  /** Its arguments, in order, and PyTorch's values of those that are left out. */
  defaults?: PointwiseArguments;
  /** Networks spend time in it: our kernels compute it in float32, within some units in the last place. */
  inFloat32?: true;
  /** The operator of ONNX. Left out: there is none. */
  onnx?: {
    op: string;
    /** The first opset that has it, if that is one after the writer's. */
    since?: number;
    /** Its attributes that are arguments, and ONNX's values of those that are left out. */
    defaults?: PointwiseArguments;
    /** Its attributes that are always the same. */
    fixed?: Readonly<Record<string, number>>;
    /** What tells it from other functions that are the same operator. */
    approximate?: string;
  };
  /** The operation of TensorFlow. */
  tf?: string;
  /** Activations of Keras. */
  keras?: readonly string[];
  /** Activations of transformers, in `hidden_act`. */
  transformers?: readonly string[];
}

/** Arguments of some functions. Left out: PyTorch's default. */
export type PointwiseArguments = { [Name in Argument]?: number };

/** `nn.SELU` (arXiv:1706.02515, to the digits that PyTorch has). */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;
/** GELU by tanh: `x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))` (arXiv:1606.08415). */
export const GELU_SLOPE = Math.sqrt(2 / Math.PI);
export const GELU_CUBIC = 0.044715;
/** GELU by the sigmoid, as in CLIP: `x · σ(1.702·x)`. */
export const QUICK_GELU_SLOPE = 1.702;

const { abs, add, belowZero, ceil, clamp, cos, div, erf, exp, expm1, floor } = expressions;
const { log, mul, neg, pow, round, sigmoid, sign, sin, softplus, sqrt, tanh } = expressions;
const x = 'x';
const square = mul(x, x);

// biome-ignore format: one function after another
const DEFINITIONS = {
  leaky_relu: {
    is: belowZero(x, mul('alpha', x), x), defaults: { alpha: 0.01 }, inFloat32: true,
    onnx: { op: 'LeakyRelu', defaults: { alpha: 0.01 } },
  },
  elu: {
    is: belowZero(x, mul('alpha', expm1(x)), x), defaults: { alpha: 1 },
    onnx: { op: 'Elu', defaults: { alpha: 1 } }, tf: 'Elu', keras: ['elu'],
  },
  celu: {
    is: belowZero(x, mul('alpha', expm1(div(x, 'alpha'))), x), defaults: { alpha: 1 },
    onnx: { op: 'Celu', defaults: { alpha: 1 } },
  },
  selu: {
    is: mul(SELU_SCALE, belowZero(x, mul(SELU_ALPHA, expm1(x)), x)),
    onnx: { op: 'Selu', fixed: { alpha: SELU_ALPHA, gamma: SELU_SCALE } },
  },
  gelu: {
    is: mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5), inFloat32: true,
    onnx: { op: 'Gelu', since: 20, approximate: 'none' }, keras: ['gelu'], transformers: ['gelu', 'gelu_python'],
  },
  gelu_tanh: {
    is: mul(mul(x, add(tanh(mul(x, add(mul(square, GELU_SLOPE * GELU_CUBIC), GELU_SLOPE))), 1)), 0.5),
    // (1 + tanh(z))/2 is the sigmoid of 2z.
    fast: mul(x, sigmoid(mul(2 * GELU_SLOPE, add(x, mul(square, mul(x, GELU_CUBIC)))))),
    onnx: { op: 'Gelu', since: 20, approximate: 'tanh' }, keras: ['gelu_new'],
    transformers: ['gelu_pytorch_tanh', 'gelu_new'],
  },
  quick_gelu: { is: mul(x, sigmoid(mul(x, QUICK_GELU_SLOPE))), inFloat32: true, transformers: ['quick_gelu'] },
  silu: { is: mul(x, sigmoid(x)), inFloat32: true, onnx: { op: 'Swish', since: 24 } },
  mish: { is: mul(x, tanh(softplus(x))), onnx: { op: 'Mish', since: 18 }, keras: ['mish'] },
  hardswish: { is: div(mul(x, clamp(add(x, 3), 0, 6)), 6), inFloat32: true, onnx: { op: 'HardSwish' } },
  hardsigmoid: {
    is: clamp(add(mul('alpha', x), 'beta'), 0, 1), defaults: { alpha: 1 / 6, beta: 1 / 2 },
    onnx: { op: 'HardSigmoid', defaults: { alpha: 0.2, beta: 0.5 } },
  },
  sigmoid: { is: sigmoid(x), inFloat32: true, onnx: { op: 'Sigmoid' }, tf: 'Sigmoid', keras: ['sigmoid'] },
  softplus: { is: softplus(x), onnx: { op: 'Softplus' }, tf: 'Softplus', keras: ['softplus'] },
  softsign: { is: div(x, add(1, abs(x))), onnx: { op: 'Softsign' }, keras: ['softsign'] },
  tanh: { is: tanh(x), inFloat32: true, onnx: { op: 'Tanh' }, tf: 'Tanh', keras: ['tanh'] },
  erf: { is: erf(x), onnx: { op: 'Erf' }, tf: 'Erf' },
  exp: { is: exp(x), onnx: { op: 'Exp' }, tf: 'Exp', keras: ['exponential'] },
  log: { is: log(x), onnx: { op: 'Log' }, tf: 'Log' },
  sqrt: { is: sqrt(x), onnx: { op: 'Sqrt' }, tf: 'Sqrt' },
  rsqrt: { is: div(1, sqrt(x)) },
  reciprocal: { is: div(1, x), onnx: { op: 'Reciprocal' }, tf: 'Reciprocal' },
  abs: { is: abs(x), onnx: { op: 'Abs' }, tf: 'Abs' },
  neg: { is: neg(x), onnx: { op: 'Neg' }, tf: 'Neg' },
  sign: { is: sign(x), onnx: { op: 'Sign' }, tf: 'Sign' },
  floor: { is: floor(x), onnx: { op: 'Floor' }, tf: 'Floor' },
  ceil: { is: ceil(x), onnx: { op: 'Ceil' }, tf: 'Ceil' },
  round: { is: round(x), onnx: { op: 'Round' }, tf: 'Round' },
  sin: { is: sin(x), onnx: { op: 'Sin' }, tf: 'Sin' },
  cos: { is: cos(x), onnx: { op: 'Cos' }, tf: 'Cos' },
  power: { is: pow(x, 'exponent'), defaults: { exponent: 1 } },
  clamp: { is: clamp(x, 'min', 'max'), defaults: { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY } },
} as const satisfies Readonly<Record<string, PointwiseDefinition>>;

export type PointwiseFunction = keyof typeof DEFINITIONS;

export const POINTWISE: Readonly<Record<PointwiseFunction, PointwiseDefinition>> = DEFINITIONS;

export const POINTWISE_FUNCTIONS = Object.keys(POINTWISE) as readonly PointwiseFunction[];

/** The functions by the names that a library has for them. */
export function pointwiseBy(
  names: (definition: PointwiseDefinition) => readonly string[],
): ReadonlyMap<string, PointwiseFunction> {
  return new Map(POINTWISE_FUNCTIONS.flatMap((name) => names(POINTWISE[name]).map((other) => [other, name] as const)));
}

/** `hidden_act` of transformers. */
export const TRANSFORMERS_ACTIVATIONS = pointwiseBy(({ transformers = [] }) => transformers);

export interface PointwiseAttrs extends PointwiseArguments {
  function: PointwiseFunction;
}

/** What the leaves of a function's expression are for given arguments. */
export function leavesOf<T>(attrs: PointwiseAttrs, x: T): (leaf: Leaf) => T | number {
  const given = { ...POINTWISE[attrs.function].defaults, ...attrs };
  return (leaf) => (leaf === 'x' ? x : typeof leaf === 'number' ? leaf : given[leaf]!);
}

export const operation: Operation<'pointwise', PointwiseAttrs> = {
  op: 'pointwise',
  outputShape: only,
  reference([values], attrs) {
    const { is, defaults } = POINTWISE[attrs.function];
    return { shape: values!.shape, data: values!.data.map(formula(is, { ...defaults, ...attrs })) };
  },
  onnx: written,
};

/** `nn.GELU()`, `nn.LeakyReLU(alpha)`, …. */
export function pointwise(name: PointwiseFunction, options: PointwiseArguments = {}): Layer {
  return (module, x) => module.operation(operation, { function: name, ...options }, x, { spatial: x.spatial });
}

/** `torch.exp(x)` and the like, in the `forward` of `module`. */
export function compute(
  module: ModuleScope,
  name: PointwiseFunction,
  x: Value,
  options: PointwiseArguments = {},
): Value {
  return module.functional(name, operation, { function: name, ...options }, [x], { spatial: x.spatial });
}

/** Functions that opset 17 does not have are written out. */
function written(place: OnnxPlace, attrs: PointwiseAttrs): OnnxNode[] {
  const { is, defaults, onnx } = POINTWISE[attrs.function];
  if (onnx === undefined || onnx.since !== undefined) {
    return expressionNodes(place, is, leavesOf(attrs, place.inputs[0]));
  }
  const values: PointwiseArguments & Record<string, unknown> = { ...onnx.fixed, ...defaults, ...attrs };
  const names = Object.keys({ ...onnx.defaults, ...onnx.fixed });
  const attributes = Object.fromEntries(names.map((name) => [name, { float: values[name] as number }]));
  return operator(place, onnx.op, names.length === 0 ? undefined : attributes);
}
