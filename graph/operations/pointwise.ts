/**
 * Activations that are computed value by value and never fused: those that heads of classifiers have besides ReLU.
 * Their formulas are those of `torch.nn` with the default arguments.
 */
import type { Layer } from './layer.js';
import { only } from './misfit.js';
import type { Operation } from './operation.js';

export type PointwiseFunction = 'leaky_relu' | 'elu' | 'gelu' | 'silu' | 'hardswish' | 'tanh' | 'sigmoid';

export interface PointwiseAttrs {
  function: PointwiseFunction;
}

/** The slope of `nn.LeakyReLU` below 0. */
export const LEAKY_SLOPE = 0.01;

const FORMULAS: Readonly<Record<PointwiseFunction, (x: number) => number>> = {
  leaky_relu: (x) => (x < 0 ? LEAKY_SLOPE * x : x),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  silu: (x) => x * sigmoid(x),
  hardswish: (x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6,
  tanh: Math.tanh,
  sigmoid,
};

export const operation: Operation<'pointwise', PointwiseAttrs> = {
  op: 'pointwise',
  outputShape: only,
  reference: ([x], attrs) => ({ shape: x!.shape, data: x!.data.map(FORMULAS[attrs.function]) }),
};

/** `nn.GELU()`, `nn.LeakyReLU()`, …. */
export function pointwise(name: PointwiseFunction): Layer {
  return (module, x) => module.operation(operation, { function: name }, x, { spatial: x.spatial });
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** The Maclaurin series near 0, and the continued fraction of erfc beyond: about 1e-15 everywhere. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z > 6) return Math.sign(x);
  if (z > 2.5) return Math.sign(x) * (1 - (Math.exp(-z * z) / Math.sqrt(Math.PI)) * erfcFraction(z));
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
