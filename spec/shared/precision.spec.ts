/**
 * The error of `simd` against PyTorch in float64, as a multiple of PyTorch's own float32 error: the root mean square
 * over eight images and all layers, with batch-norm statistics that fit the images. `spec/ci/precision.sh` makes the
 * networks in `IMAGE_DRIFT_PRECISION`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KernelMemory } from '../../engine/backends/simd/kernel-memory.js';
import { OwnThreadProgram, SimdProgram } from '../../engine/backends/simd/program.js';
import { openKernels } from '../../engine/backends/simd/trial/kernel-search.js';
import { NORMALISATION, type PrecisionCase, precisionCase, recordedErrors } from '../support/precision-case.js';
import { assert, test } from '../support/test.js';

/** The most that the error may be of PyTorch's, for each network. */
const MOST = { float32: 1.5, reproducible: 1.5, exact: 1.25 } as const;
/** The same in the geometric mean over the networks. */
const MOST_EXACT_ON_AVERAGE = 1.05;

type Precision = keyof typeof MOST;
const PRECISIONS = Object.keys(MOST) as Precision[];

const root = process.env['IMAGE_DRIFT_PRECISION'];

/** Root mean square of the error in each layer, relative to that of the values. */
async function errorsOf({ model, batch, truth }: PrecisionCase, layers: readonly string[], precision: Precision) {
  const { kernels } = await openKernels(precision);
  const options = { taps: layers, scores: false, precision, ...NORMALISATION };
  const program = new OwnThreadProgram(new SimdProgram(model, options, kernels!, new KernelMemory()));
  const { taps } = await program.run(batch);
  await program.dispose();
  let from = 0;
  const errors = layers.map((layer) => {
    const { data } = taps.get(layer)!;
    const expected = truth.subarray(from, from + data.length);
    from += data.length;
    return (
      rootMeanSquare(data.length, (i) => data[i]! - expected[i]!) / rootMeanSquare(data.length, (i) => expected[i]!)
    );
  });
  assert.is(from, truth.length);
  return errors;
}

function rootMeanSquare(count: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i) ** 2;
  return Math.sqrt(sum / count);
}

const over = (errors: readonly number[]): number => rootMeanSquare(errors.length, (i) => errors[i]!);

if (root === undefined || !existsSync(root)) {
  console.log('SKIPPED (no IMAGE_DRIFT_PRECISION): errors beside those of float32 in PyTorch');
} else {
  const { torch, processor, cases } = recordedErrors();
  const made = Object.entries(cases).filter(([name]) => existsSync(join(root, name, 'outputs.f64')));
  const table: Record<string, Record<string, string>> = {};
  const exact: number[] = [];
  test('there are networks', () => assert.ok(made.length >= 2, `only ${made.length}`));
  for (const [name, recorded] of made) {
    test(name, async () => {
      const layers = Object.keys(recorded);
      const network = precisionCase(root, name, layers);
      const pytorch = over(Object.values(recorded));
      const row: Record<string, string> = { pytorch: pytorch.toExponential(2) };
      table[name] = row;
      for (const precision of PRECISIONS) {
        const ratio = over(await errorsOf(network, layers, precision)) / pytorch;
        row[precision] = ratio.toFixed(2);
        if (precision === 'exact') exact.push(ratio);
        assert.ok(ratio <= MOST[precision], `${precision}: ${ratio} times the error of PyTorch`);
      }
    });
  }
  test('exact, in the geometric mean', () => {
    const mean = Math.exp(exact.reduce((sum, ratio) => sum + Math.log(ratio), 0) / exact.length);
    assert.ok(mean <= MOST_EXACT_ON_AVERAGE, `${mean}`);
  });
  test.after(() => {
    console.log(`\nerrors as multiples of those of PyTorch ${torch} in float32 (${processor}):`);
    console.table(table);
  });
}
