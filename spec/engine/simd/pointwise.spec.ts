/** The rounding error of functions that are computed value by value, in units in the last place of float32. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MODULES } from '../../../engine/backends/simd/builds/print-module.js';
import { PAIRED } from '../../../engine/backends/simd/kernels/pointwise/words.js';
import { POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { erf } from '../../../graph/operations/erf.js';
import { GELU_CUBIC, GELU_SLOPE, operation } from '../../../graph/operations/pointwise.js';
import { WebAssemblyMemory } from '../../support/simd/webassembly-memory.js';

const test = suite('rounding of functions');

/** Results below this have fewer digits. */
const LEAST_NORMAL = 1.2e-38;
/** Results below this are as good as 0 to the functions in float32. */
const LEAST_OF_FOURS = 1e-36;
/** In float64 and rounded once, but for these two. */
const FOURS = new Set(['silu', 'sigmoid']);
const mostUlp = (name: string): number => (FOURS.has(name) ? 2 : 1);

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

for (const arithmetic of MODULES) {
  const { pointwise } = memory.kernels(arithmetic);
  for (const name of PAIRED) {
    test(`${name}, ${arithmetic}: within ${mostUlp(name)} ulp`, () => {
      const [input, output] = [memory.place(values), memory.allocate(4 * values.length)];
      const [a, b] = name === 'clamp' ? [-1, 2] : [0.3, 0.5];
      const argumentsAt = memory.place(new Int32Array(Float64Array.of(a, b).buffer));
      const words = Uint32Array.of(input, output, values.length, POINTWISE_FUNCTIONS.indexOf(name), argumentsAt);
      pointwise!(memory.place(words), 0, 0, Math.ceil(values.length / 1024), 0);
      const results = new Float32Array(memory.buffer, output, values.length);
      const attrs = { function: name, alpha: a, beta: b, ...(name === 'clamp' && { min: a, max: b }) };
      const x = { shape: [values.length], data: Float64Array.from(values) };
      let worst = 0;
      const { data } = operation.reference([x], attrs, () => []);
      for (const [i, defined] of data.entries()) {
        const expected = EXACT[name]?.(values[i]!) ?? defined;
        if (
          Math.abs(expected) < (FOURS.has(name) ? LEAST_OF_FOURS : LEAST_NORMAL) ||
          !Number.isFinite(Math.fround(expected))
        )
          continue;
        worst = Math.max(worst, Math.abs(results[i]! - expected) / ulpOf(expected));
      }
      assert.ok(worst <= mostUlp(name), `${worst} ulp`);
    });
  }
}

test.run();
