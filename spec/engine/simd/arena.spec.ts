/** Layouts of an arena: values that live at the same time never share a byte. */
import { Random } from '../../../base/index.js';
import { ALIGNMENT, LANES, SLACK } from '../../../engine/backends/simd/abi.js';
import { interleave, interleaveInLoops, type SomeFilters } from '../../../engine/backends/simd/packing/interleave.js';
import { type Lifetime, layOutArena } from '../../../engine/backends/simd/planning/draft.js';
import { uniform } from '../../support/pseudo-random.js';
import { amount, assert, test } from '../../support/test.js';

function randomLifetimes(name: string, count: number): Lifetime[] {
  const numbers = uniform(name, 3 * count, 0, 1);
  return Array.from({ length: count }, (_, i) => {
    const first = Math.floor(40 * numbers[3 * i]!);
    const last = first + Math.floor(8 * numbers[3 * i + 1]!);
    return { bytes: Math.floor(1e5 * numbers[3 * i + 2]! ** 3) + 1, first, last };
  });
}

test('300 buffers of random sizes and lives, 20 times', () => {
  for (let trial = 0; trial < 20; trial++) {
    const buffers = randomLifetimes(`arena ${trial}`, 300);
    const { offsets, bytes } = layOutArena(buffers);
    for (const [i, a] of buffers.entries()) {
      assert.is(offsets[i]! % ALIGNMENT, 0);
      assert.ok(offsets[i]! > 0, 'offset 0 is nobody’s');
      assert.ok(offsets[i]! + a.bytes + SLACK <= bytes);
      for (const [j, b] of buffers.entries()) {
        if (i === j || a.first > b.last || b.first > a.last) continue;
        const apart = offsets[i]! + a.bytes + SLACK <= offsets[j]! || offsets[j]! + b.bytes + SLACK <= offsets[i]!;
        assert.ok(apart, `buffers ${i} and ${j} of trial ${trial} share memory`);
      }
    }
    // What lives at the busiest step is needed by any layout; first fit is not far from it.
    const steps = Array.from({ length: 50 }, (_, step) =>
      buffers.reduce((sum, { first, last, bytes: b }) => (first <= step && step <= last ? sum + b : sum), 0),
    );
    assert.ok(bytes < 1.5 * Math.max(...steps) + 300 * (SLACK + ALIGNMENT));
  }
});

test('a chain needs room for two', () => {
  const chain = Array.from({ length: 9 }, (_, i) => ({ bytes: 6400 - SLACK, first: i, last: i + 1 }));
  assert.is(layOutArena(chain).bytes, ALIGNMENT + 2 * 6400);
});

// Sixteen filters side by side: by the kernel and by loops, what the definition says, and nothing beside it.

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
