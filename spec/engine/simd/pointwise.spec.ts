/** The rounding error of functions that are computed value by value, in units in the last place of float32. */
import { BUILDS, TILES } from '../../../engine/backends/simd/builds/modules.js';
import { isPaired } from '../../../engine/backends/simd/kernels/pointwise/float64.js';
import { FUNCTION_UNIT, numbersOf } from '../../../engine/backends/simd/kernels/pointwise/plan.js';
import { POINTWISE, POINTWISE_FUNCTIONS, type PointwiseAttrs, type PointwiseFunction } from '../../../graph/index.js';
import { erf } from '../../../graph/operations/expression.js';
import { GELU_CUBIC, GELU_SLOPE, operation } from '../../../graph/operations/pointwise.js';
import { WebAssemblyMemory } from '../../support/simd/memory-view.js';
import { assert, test } from '../../support/test.js';

/** Results below this have fewer digits. */
const LEAST_NORMAL = 1.2e-38;
/** Results below this are as good as 0 to the functions in float32. */
const LEAST_OF_FORMULAS = 1e-36;
/** The others are in float64 and rounded once. */
const MOST_ULP: Readonly<Record<string, number>> = {
  silu: 2,
  sigmoid: 2,
  quick_gelu: 2,
  gelu: 4.5,
  tanh: 2.5,
  hardswish: 2,
};
const mostUlp = (name: string): number => MOST_ULP[name] ?? 1;

/** From the smallest sizes to 100, both signs. */
const values = Float32Array.from({ length: 40_000 }, (_, i) => {
  const size = 10 ** (-8 + (10 * Math.floor(i / 2)) / 20_000);
  return i % 2 === 0 ? size : -size;
});
const memory = new WebAssemblyMemory();

/** The distance of neighbours among float32 numbers of this size. */
function ulpOf(value: number): number {
  return 2 ** (Math.floor(Math.log2(Math.abs(value))) - 23);
}

/** The share of the normal distribution below `x`, without the cancellation of `1 + erf`. */
function normalShare(x: number): number {
  if (x > -3) return (1 + erf(x / Math.SQRT2)) / 2;
  const z = -x / Math.SQRT2;
  let tail = z;
  for (let k = 200; k >= 1; k--) tail = z + k / 2 / tail;
  return Math.exp(-z * z) / (2 * Math.sqrt(Math.PI) * tail);
}

/** Formulas that have no differences of nearly equal numbers. */
const EXACT: Readonly<Record<string, (x: number) => number>> = {
  gelu: (x) => x * normalShare(x),
  gelu_tanh: (x) => x / (1 + Math.exp(-2 * GELU_SLOPE * (x + GELU_CUBIC * x ** 3))),
};

interface Arguments {
  alpha: number;
  beta: number;
  min?: number;
  max?: number;
}

function worstOf(name: PointwiseFunction, attrs: Arguments, results: Float32Array, least: number): number {
  const x = { shape: [values.length], data: Float64Array.from(values) };
  const { data } = operation.reference([x], { function: name, ...attrs }, () => []);
  return data.reduce((worst, defined, i) => {
    const expected = EXACT[name]?.(values[i]!) ?? defined;
    if (Math.abs(expected) < least || !Number.isFinite(Math.fround(expected))) return worst;
    return Math.max(worst, Math.abs(results[i]! - expected) / ulpOf(expected));
  }, 0);
}

const names = POINTWISE_FUNCTIONS.filter((name) => POINTWISE[name].inFloat32 || isPaired(name));

for (const arithmetic of BUILDS) {
  const kernel = memory.kernels(arithmetic)[`pointwise_${TILES[arithmetic][0]}x16`]!;
  const run = (attrs: PointwiseAttrs): Float32Array => {
    const [input, output] = [memory.place(values), memory.allocate(4 * values.length)];
    const number = POINTWISE_FUNCTIONS.indexOf(attrs.function);
    const words = Uint32Array.of(input, output, values.length, number, memory.place(numbersOf(attrs)));
    kernel(memory.place(words), 0, 0, Math.ceil(values.length / FUNCTION_UNIT), 0);
    return new Float32Array(memory.buffer, output, values.length);
  };
  for (const name of names) {
    test(`${name}, ${arithmetic}: within ${mostUlp(name)} ulp`, () => {
      const { inFloat32 } = POINTWISE[name];
      const limits = name === 'clamp' ? { min: -1, max: 2 } : {};
      const given = { alpha: inFloat32 ? Math.fround(0.3) : 0.3, beta: 0.5, ...limits };
      const least = inFloat32 ? LEAST_OF_FORMULAS : LEAST_NORMAL;
      const worst = worstOf(name, given, run({ function: name, ...given }), least);
      assert.ok(worst <= mostUlp(name), `${worst} ulp`);
    });
  }
}
