/** The tests behind causes, compared with SciPy (make_cause.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { clusterWords, predictedWords, shareChanges } from '../../drift/causes/share-changes.js';
import { holm } from '../../drift/statistics/adjusted-p-values.js';
import {
  kolmogorovP,
  kolmogorovTail,
  signedKolmogorovSmirnovDistance,
} from '../../drift/statistics/histogram-distances.js';
import { fisherExactP } from '../../drift/tests/fisher-exact.js';
import { assert, fixtures, test } from '../support/test.js';
import { throwsCoded } from './support.js';

interface Reference {
  fisher: { table: [number, number, number, number]; p: number }[];
  tail: [number, number][];
  kolmogorov_smirnov: { a: number[]; b: number[]; distance: number; sign: number; exact_p: number }[];
}

const reference: Reference = JSON.parse(readFileSync(join(fixtures, 'drift', 'cause.json'), 'utf8'));

test('Fisher: p-values as SciPy', () => {
  for (const { table, p } of reference.fisher) {
    const found = fisherExactP(...table);
    assert.ok(Math.abs(found - p) <= 1e-9 * p + 1e-290, `${table}: ${found}, ${p}`);
  }
});

test('Fisher: never above its level by more than its definition allows', () => {
  // Binomial draws with the same share: P(p <= α) <= α for each conditional table, hence over all of them.
  const random = new Random(8);
  const draw = (rows: number) => Array.from({ length: rows }, () => random.uniform() < 0.07).filter(Boolean).length;
  let alarms = 0;
  for (let trial = 0; trial < 2_000; trial++) if (fisherExactP(draw(300), 300, draw(150), 150) <= 0.05) alarms++;
  assert.ok(alarms > 20 && alarms < 120, `${alarms} of 2,000`);
});

test("Kolmogorov's distribution as SciPy, from both sides of where the series begins", () => {
  for (const [lambda, p] of reference.tail) {
    const found = kolmogorovTail(lambda);
    assert.ok(Math.abs(found - p) <= 1e-12 + 1e-10 * p, `${lambda}: ${found}, ${p}`);
  }
});

test('the distance of binned values as SciPy where every value has its bin, and a p-value near the exact one', () => {
  for (const { a, b, distance, sign, exact_p } of reference.kolmogorov_smirnov) {
    const signed = signedKolmogorovSmirnovDistance(a, b);
    assert.ok(Math.abs(Math.abs(signed) - distance) < 1e-12);
    assert.is(Math.sign(signed), sign);
    const [m, n] = [a, b].map((counts) => counts.reduce((x, y) => x + y, 0)) as [number, number];
    const p = kolmogorovP(signed, m, n);
    assert.ok(p > 0.5 * exact_p && p < 2 * exact_p + 1e-12, `${p}, ${exact_p}`);
  }
});

test('Holm: in the order given, monotone, at most 1', () => {
  assert.equal(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]);
  assert.equal(holm([0.5, 0.9]), [1, 1]);
  assert.equal(holm([]), []);
});

test('shares: the largest change first, in words', () => {
  const changes = shareChanges([300, 300, 120, 280], [150, 300, 310, 240]);
  assert.equal(
    changes.map(({ bin }) => bin),
    [2, 0],
  );
  assert.is(clusterWords(changes[0]!), 'cluster 3: 12 % → 31 % of rows');
  assert.is(predictedWords(changes[1]!, ['a "cat"', 'dog']), 'predicted "a \\"cat\\"": 30 % → 15 %');
  assert.is(
    predictedWords({ bin: 0, baseline: 0.2, window: 0.212, p: 0 }, ['cat']),
    'predicted "cat": 20.0 % → 21.2 %',
  );
});

test('shares: nothing from few rows, repeated rows, no rows or chance', () => {
  assert.equal(shareChanges([300, 700], [4, 6]), []);
  assert.is(shareChanges([300, 700], [400, 600]).length, 2);
  assert.equal(shareChanges([300, 700], [400, 600], { effectiveRows: 20 }), []);
  assert.equal(shareChanges([0, 0], [4, 6]), []);
  assert.equal(shareChanges([4, 6], [0, 0]), []);
  throwsCoded(() => shareChanges([1], [1, 2]), 'COUNTS_DIFFER', /1 bins and of 2/);

  const random = new Random(5);
  const counts = (rows: number) => {
    const bins = new Array<number>(30).fill(0);
    for (let row = 0; row < rows; row++) bins[random.below(30)]!++;
    return bins;
  };
  let named = 0;
  for (let trial = 0; trial < 500; trial++) if (shareChanges(counts(1_000), counts(500)).length > 0) named++;
  assert.ok(named <= 35, `${named} of 500 windows without drift have a cause, nominally at most 25`);
});
