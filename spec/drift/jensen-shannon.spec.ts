import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jensenShannonDistance, maximumJensenShannonDistance } from '../../drift/index.js';
import { assert, fixtures, test } from '../support/test.js';
import { throwsCoded } from './support.js';

interface Case {
  p: number[];
  q: number[];
  e: number;
  2: number;
}
const reference = JSON.parse(readFileSync(join(fixtures, 'drift', 'jensen_shannon.json'), 'utf8')) as {
  cases: Case[];
  frouros: { p: number[]; q: number[]; e: number };
};

function near(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual} is not within ${tolerance} of ${expected}`);
}

test('scipy on random counts, zeros included', () => {
  assert.ok(reference.cases.length > 100);
  for (const [i, { p, q, ...expected }] of reference.cases.entries()) {
    near(jensenShannonDistance(p, q, { base: 'e' }), expected.e, 1e-12, `case ${i}, base e`);
    near(jensenShannonDistance(p, q, { base: 2 }), expected[2], 1e-12, `case ${i}, base 2`);
  }
});

test("Frouros' documented example", () => {
  const { p, q, e } = reference.frouros;
  near(jensenShannonDistance(p, q, { base: 'e' }), e, 1e-12, 'Frouros');
});

test('closed forms', () => {
  assert.is(jensenShannonDistance([1, 0], [0, 1], { base: 2 }), 1);
  assert.is(jensenShannonDistance([1, 0], [0, 1], { base: 'e' }), Math.sqrt(Math.LN2));
  assert.is(maximumJensenShannonDistance(2), 1);
  near(maximumJensenShannonDistance('e'), 0.8326, 5e-5, 'maximum');
  near(jensenShannonDistance([1, 0], [0.5, 0.5], { base: 2 }), 0.557923, 5e-7, '[1, 0] against [½, ½]');
});

test('proportional histograms have distance exactly 0, and a tiny distance keeps its digits', () => {
  assert.is(jensenShannonDistance([1, 2, 4, 0], [3, 6, 12, 0], { base: 2 }), 0);
  assert.is(jensenShannonDistance([0.1, 0.2, 0.7], [0.1, 0.2, 0.7], { base: 'e' }), 0);
  // To first order JS² = Σ (p - q)² / (8 m), m = ½: here 2 · (2ε)² / 4 = 2 ε².
  const epsilon = 1e-9;
  const tiny = jensenShannonDistance([0.5 + epsilon, 0.5 - epsilon], [0.5 - epsilon, 0.5 + epsilon], { base: 'e' });
  near(tiny / (Math.SQRT2 * epsilon), 1, 1e-6, 'tiny distance');
});

test('it is symmetric and never beyond its maximum', () => {
  for (const { p, q } of reference.cases) {
    const there = jensenShannonDistance(p, q, { base: 2 });
    near(jensenShannonDistance(q, p, { base: 2 }), there, 1e-15, 'symmetry');
    assert.ok(there >= 0 && there <= 1);
  }
});

test('what is not a histogram is refused', () => {
  throwsCoded(
    () => jensenShannonDistance([1, 2], [1, 2, 3], { base: 2 }),
    'HISTOGRAM_LENGTHS_DIFFER',
    /2 bins against 3/,
  );
  throwsCoded(
    () => jensenShannonDistance([1, -2], [1, 2], { base: 2 }),
    'HISTOGRAM_VALUE_INVALID',
    /bin 1 .*first.* -2/,
  );
  throwsCoded(
    () => jensenShannonDistance([1, 2], [1, Number.NaN], { base: 2 }),
    'HISTOGRAM_VALUE_INVALID',
    /second.*NaN/,
  );
  throwsCoded(
    () => jensenShannonDistance([1], [Number.POSITIVE_INFINITY], { base: 2 }),
    'HISTOGRAM_VALUE_INVALID',
    /Inf/,
  );
  throwsCoded(() => jensenShannonDistance([0, 0], [1, 2], { base: 2 }), 'HISTOGRAM_EMPTY', /first .*sum to 0/);
  throwsCoded(() => jensenShannonDistance([], [], { base: 2 }), 'HISTOGRAM_EMPTY', /0 bins/);
});
