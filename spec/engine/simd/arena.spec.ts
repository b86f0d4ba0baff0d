/** Layouts of an arena: values that live at the same time never share a byte. */
import { ALIGNMENT, SLACK } from '../../../engine/backends/simd/abi/layout.js';
import { type Lifetime, layOutArena } from '../../../engine/backends/simd/memory/arena.js';
import { uniform } from '../../support/pseudo-random.js';
import { assert, test } from '../../support/test.js';

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
