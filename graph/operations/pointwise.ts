/**
 * Functions that are computed value by value and never fused, with the names and default arguments of
 * `torch.nn.functional` and `torch`. ReLU and ReLU6 are operations of their own.
 */
import { erf } from './erf.js';
import type { Layer, ModuleScope, Value } from './layer.js';
import { only } from './misfit.js';
import type { Operation } from './operation.js';

/** The formula of each function, in float64. */
const FORMULAS = {
  leaky_relu: (x, { alpha = LEAKY_SLOPE }) => (x < 0 ? alpha * x : x),
  elu: (x, { alpha = 1 }) => (x < 0 ? alpha * Math.expm1(x) : x),
  celu: (x, { alpha = 1 }) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  selu: (x) => SELU_SCALE * (x < 0 ? SELU_ALPHA * Math.expm1(x) : x),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => (x / 2) * (1 + Math.tanh(GELU_SLOPE * (x + GELU_CUBIC * x ** 3))),
  quick_gelu: (x) => x * sigmoid(QUICK_GELU_SLOPE * x),
  silu: (x) => x * sigmoid(x),
  mish: (x) => x * Math.tanh(softplus(x)),
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  hardsigmoid: (x, { alpha = 1 / 6, beta = 1 / 2 }) => Math.min(Math.max(alpha * x + beta, 0), 1),
  sigmoid,
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  erf,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  abs: Math.abs,
  neg: (x) => -x,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundToEven,
  sin: Math.sin,
  cos: Math.cos,
  power: (x, { exponent = 1 }) => x ** exponent,
  clamp: (x, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) => Math.min(Math.max(x, min), max),
} as const satisfies Readonly<Record<string, (x: number, attrs: PointwiseArguments) => number>>;

export type PointwiseFunction = keyof typeof FORMULAS;

export const POINTWISE_FUNCTIONS = Object.keys(FORMULAS) as readonly PointwiseFunction[];

/** Arguments of some functions. Left out: PyTorch's default. */
export interface PointwiseArguments {
  /** `leaky_relu`: the slope below 0 (0.01). `elu`, `celu`: α (1). `hardsigmoid`: the slope (1/6). */
  alpha?: number;
  /** `hardsigmoid`: the value at 0 (1/2). */
  beta?: number;
  /** `power`. */
  exponent?: number;
  /** `clamp`; left out: no limit. */
  min?: number;
  max?: number;
}

export interface PointwiseAttrs extends PointwiseArguments {
  function: PointwiseFunction;
}

/** The slope of `nn.LeakyReLU` below 0. */
export const LEAKY_SLOPE = 0.01;
/** `nn.SELU` (arXiv:1706.02515, to the digits that PyTorch has). */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;
/** GELU by tanh: `x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))` (arXiv:1606.08415). */
export const GELU_SLOPE = Math.sqrt(2 / Math.PI);
export const GELU_CUBIC = 0.044715;
/** GELU by the sigmoid, as in CLIP: `x · σ(1.702·x)`. */
export const QUICK_GELU_SLOPE = 1.702;

export const operation: Operation<'pointwise', PointwiseAttrs> = {
  op: 'pointwise',
  outputShape: only,
  reference([x], attrs) {
    const formula: (x: number, attrs: PointwiseArguments) => number = FORMULAS[attrs.function];
    return { shape: x!.shape, data: x!.data.map((value) => formula(value, attrs)) };
  },
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

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** `log(1 + exp(x))`. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function roundToEven(x: number): number {
  const up = Math.round(x);
  return Math.abs(x % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}
