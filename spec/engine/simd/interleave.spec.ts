/** Sixteen filters side by side: by the kernel and by loops, what the definition says, and nothing beside it. */
import { Random } from '../../../base/index.js';
import { LANES } from '../../../engine/backends/simd/abi/layout.js';
import { interleave, interleaveInLoops, type SomeFilters } from '../../../engine/backends/simd/packing/interleave.js';
import { amount, assert, test } from '../../support/test.js';

const UNTOUCHED = -7;
/** Floats before and behind what is written. */
const BESIDE = 40;

function check(name: string, filters: SomeFilters): void {
  const { data, from, filter, step, lanes, k } = filters;
  const expected = new Float32Array(2 * BESIDE + LANES * k).fill(UNTOUCHED);
  for (let c = 0; c < k; c++) {
    for (let lane = 0; lane < LANES; lane++) {
      expected[BESIDE + c * LANES + lane] = lane < lanes ? data[from + lane * filter + c * step]! : 0;
    }
  }
  for (const how of [interleave, interleaveInLoops]) {
    const into = new Float32Array(new SharedArrayBuffer(expected.byteLength)).fill(UNTOUCHED);
    how(filters, into, BESIDE);
    assert.ok(Buffer.from(into.slice().buffer).equals(Buffer.from(expected.buffer)), `${how.name}: ${name}`);
  }
}

function filtersOf(shape: Omit<SomeFilters, 'data'>): SomeFilters {
  const { from, filter, step, lanes, k } = shape;
  const numbers = from + Math.max(0, lanes - 1) * filter + (k - 1) * step + 1;
  return { ...shape, data: Float32Array.from({ length: numbers }, (_, i) => i + 1) };
}

test('random shapes', () => {
  const random = new Random(5);
  for (let i = 0; i < amount(400, 80); i++) {
    const k = 1 + random.below(70);
    const step = 1 + random.below(3) * random.below(2);
    const filter = k * step + random.below(2) * random.below(30);
    const shape = { from: random.below(20), filter, step, lanes: random.below(LANES + 1), k };
    check(JSON.stringify(shape), filtersOf(shape));
  }
});

test('filters longer than the kernel takes at a time, one after another and as parts of longer ones', () => {
  for (const k of [3071, 3072, 3073, 7000]) {
    for (const filter of [k, k + 5])
      check(`${k} of ${filter}`, filtersOf({ from: 3, filter, step: 1, lanes: LANES, k }));
  }
  check('a missing filter', filtersOf({ from: 0, filter: 3080, step: 1, lanes: LANES - 1, k: 3080 }));
});
