import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { withRelativeStatistics } from '../../drift/causes/cause.js';
import { clusterWords, predictedWords, shareChanges } from '../../drift/causes/share-changes.js';
import { imageCauses } from '../../drift/causes/window-causes.js';
import { totalOf } from '../../drift/statistics/counts.js';
import {
  kolmogorovP,
  kolmogorovTail,
  signedKolmogorovSmirnovDistance,
} from '../../drift/statistics/histogram-distances.js';
import { fisherExactP, holm } from '../../drift/tests/p-values.js';
import { assert, longTest, packageRoot, test } from '../support/test.js';
import { fixture, pluck, range, refused } from './support.js';
import {
  baselineOf,
  CHANGES,
  columnsOf,
  corrupted,
  edgesOf,
  firstImages,
  rowsOf,
  summaries,
} from './support-causes.js';

const samples = join(packageRoot, 'samples', 'fashion-mnist');
const bundled = await baselineOf(join(samples, 'reference.npz'), 2_000);
const production = await firstImages(join(samples, 'production.npz'), 1_000);

for (const [name, change, kinds] of CHANGES) {
  test(`bundled images: ${name}`, () => {
    const causes = bundled.causes(change(production));
    assert.equal(pluck(causes, 'kind'), kinds, pluck(causes, 'words').join('; '));
  });
}

test('the words have the numbers', () => {
  const [darker] = bundled.causes(corrupted(production, 'darken'));
  assert.match(darker!.words, /^darker: mean brightness 0\.2\d → 0\.0\d$/);
  assert.is(darker!.statistic, 'brightness');
  assert.ok(Math.abs(darker!.window / darker!.baseline - 0.35) < 0.03);
  assert.match(bundled.causes(corrupted(production, 'gaussian_blur'))[0]!.words, /^blurred: sharpness down 9\d % at/);
});

test('few rows, or the same few again and again, are no evidence', () => {
  const dark = corrupted(rowsOf(production, [0, 1, 2, 3]), 'darken', { factor: 0.75 });
  assert.equal(bundled.causes(dark), []);
  const many = rowsOf(
    dark,
    range(0, 400).map((row) => row % 4),
  );
  assert.ok(bundled.causes(many).length > 0);
  assert.equal(bundled.causes(many, 4), []);
});

test('a set that is half too dark and half too bright varies more', () => {
  const of = (variance: number, counts: number[]) => ({ brightness: { rows: 500, mean: 0.5, variance, counts } });
  const [cause] = imageCauses(of(0.01, [100, 300, 100]), of(0.04, [200, 100, 200]));
  assert.is(cause?.words, 'brightness varies more: standard deviation 0.10 → 0.20');
});

test('nothing to compare gives no cause', () => {
  assert.equal(imageCauses({}, {}), []);
  assert.equal(imageCauses(bundled.baseline, {}), []);
  const empty = Object.fromEntries(
    Object.entries(bundled.baseline).map(([name, { counts }]) => [
      name,
      { rows: 0, mean: null, variance: null, counts: counts.map(() => 0) },
    ]),
  );
  assert.equal(imageCauses(bundled.baseline, empty), []);
});

test('a column of another name is told by it', () => {
  const of = (mean: number, counts: number[]) => ({ size: { rows: 400, mean, variance: 1, counts } });
  const [cause] = imageCauses(of(640, [200, 200]), of(320, [400, 0]));
  assert.is(cause?.words, 'size: mean 640 → 320');
});

longTest('without drift a cause is named in at most one window of twenty', () => {
  const random = new Random(12);
  const all = columnsOf(production);
  const rows = Object.values(all)[0]!.length;
  const pick = (chosen: ArrayLike<number>) =>
    Object.fromEntries(Object.entries(all).map(([name, values]) => [name, Array.from(chosen, (row) => values[row]!)]));
  let named = 0;
  for (let trial = 0; trial < 200; trial++) {
    const order = random.sample(rows, rows);
    const baseline = pick(order.subarray(0, 940));
    const edges = edgesOf(baseline);
    const window = pick(order.subarray(940));
    if (imageCauses(summaries(baseline, edges), summaries(window, edges)).length > 0) named++;
  }
  assert.ok(named <= 14, `${named} of 200`);
});

test('relative statistics: formulas, and NaN where an image has no contrast or no light', () => {
  const { plain, relative } = fixture<{ plain: Record<string, number[]>; relative: Record<string, number> }>(
    'relative_statistics.json',
  );
  const all = withRelativeStatistics(plain);
  assert.equal(Object.keys(all), [...Object.keys(plain), ...Object.keys(relative)]);
  for (const [name, value] of Object.entries(relative)) {
    assert.ok(Math.abs(all[name]![0]! - value) < 1e-12, name);
    assert.ok(Number.isNaN(all[name]![1]!), name);
  }
  assert.equal(Object.keys(withRelativeStatistics({ noise: [1] })), ['noise']);
});

// The tests behind causes, compared with SciPy (make_cause.py).

interface Reference {
  fisher: { table: [number, number, number, number]; p: number }[];
  tail: [number, number][];
  kolmogorov_smirnov: { a: number[]; b: number[]; distance: number; sign: number; exact_p: number }[];
}

const reference: Reference = fixture('cause.json');

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
    const [m, n] = [a, b].map((counts) => totalOf(counts)) as [number, number];
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
  assert.equal(pluck(changes, 'bin'), [2, 0]);
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
  refused(() => shareChanges([1], [1, 2]), 'COUNTS_DIFFER', /1 bins and of 2/);

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
