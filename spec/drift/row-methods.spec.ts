import { Random } from '../../base/index.js';
import { noGroupedRows } from '../../drift/groups/grouping.js';
import { classifier } from '../../drift/methods/classifier.js';
import { frechet, type LabelDistance } from '../../drift/methods/frechet.js';
import type { MethodContext } from '../../drift/methods/method.js';
import { mmd } from '../../drift/methods/mmd.js';
import type { Profile } from '../../drift/profile/profile.js';
import type { RowSample } from '../../drift/rows/row-sample.js';
import { MmdReference, mmdTest } from '../../drift/tests/maximum-mean-discrepancy.js';
import type { WindowSummary } from '../../drift/windows/window-summary.js';
import { assert, test } from '../support/test.js';
import { normalRows } from './row-reference.js';
import { pluck } from './support.js';

const context: MethodContext = { base: 2, alpha: 0.05, tests: 1, detect: 0.1, seed: 0, draws: 1_000, maxDraws: 10_000 };

/** Rows of three classes in turn; the rows of class 1 are shifted. */
function sampleOf(rows: number, seed: number, shift: number, labelled = true): RowSample {
  const coordinates = normalRows(rows, 4, new Random(seed));
  const predicted = Int32Array.from({ length: rows }, (_, i) => (labelled ? i % 3 : -1));
  for (let i = 0; i < rows; i++) if (i % 3 === 1) coordinates.data[i * 4]! += shift;
  return {
    coordinates,
    keys: Float64Array.from({ length: rows }, (_, i) => i),
    groups: Float64Array.from({ length: rows }, (_, i) => i),
    weights: new Int32Array(rows).fill(1),
    predicted,
    rowNumbers: Int32Array.from({ length: rows }, (_, i) => i),
  };
}

const profileOf = (sample: RowSample | null, variances = new Float64Array(4).fill(1)) =>
  ({
    classes: ['cat', 'dog', 'owl'],
    groups: noGroupedRows(),
    reference: sample && { sample, projection: { variances } },
  }) as unknown as Profile;
const windowOf = (sample: RowSample | null) =>
  ({ groups: noGroupedRows(), reference: sample && { sample } }) as unknown as WindowSummary;

test('a drifted window has a small p with all draws, an unchanged one a large p with few', () => {
  for (const method of [mmd, classifier, frechet]) {
    const profile = profileOf(sampleOf(150, 1, 0));
    const adjusted = { ...context, adjustedFor: 75 };
    const drifted = method.compare(profile, windowOf(sampleOf(90, 2, 4)), adjusted)!;
    assert.ok(drifted.p! < 0.005, `${method.name}: ${drifted.p}`);
    assert.is(drifted.details!['draws'], 1_500);
    assert.ok(drifted.value > drifted.band![1] && drifted.low! < drifted.value && drifted.value < drifted.high!);
    const same = method.compare(profile, windowOf(sampleOf(90, 3, 0)), context)!;
    assert.ok(same.p! > 0.05, `${method.name}: ${same.p}`);
    assert.is(same.details!['draws'], 200);
    assert.ok(same.value <= same.band![1]);
  }
});

test('MMD: a shift along a narrow direction is seen beside a wide one that did not move', () => {
  const deviations = [30, 1, 1, 1];
  const stretched = (rows: number, seed: number, shift: number) => {
    const sample = sampleOf(rows, seed, 0);
    const { columns, data } = sample.coordinates;
    for (let i = 0; i < data.length; i++) data[i]! *= deviations[i % columns]!;
    for (let i = 1; i < data.length; i += columns) data[i]! += shift;
    return sample;
  };
  const variances = Float64Array.from(deviations, (deviation) => deviation ** 2);
  const [reference, same, shifted] = [stretched(200, 1, 0), stretched(150, 2, 0), stretched(150, 2, 2)];
  const profile = profileOf(reference, variances);
  assert.ok(mmd.compare(profile, windowOf(shifted), context)!.p! < 0.005);
  assert.ok(mmd.compare(profile, windowOf(same), context)!.p! > 0.05);
  const options = { draws: 200, maxDraws: 200, seed: 0, stream: 1 };
  const plain = mmdTest(new MmdReference(reference.coordinates), shifted.coordinates, options);
  assert.ok(plain.p > 0.05, 'and was not before coordinates were scaled');
});

test('MMD: a baseline that does not vary is left as it is', () => {
  const constant = sampleOf(60, 1, 0);
  constant.coordinates.data.fill(0);
  const profile = profileOf(constant, new Float64Array(4));
  assert.ok(mmd.compare(profile, windowOf(sampleOf(60, 2, 4)), context)!.p! < 0.005);
  assert.is(mmd.compare(profile, windowOf(constant), context)!.p, 1);
});

test('without a reference, a sample or enough rows there is nothing to compare', () => {
  const full = sampleOf(60, 1, 0);
  for (const [method, least] of [
    [mmd, 2],
    [classifier, 10],
    [frechet, 2],
  ] as const) {
    assert.is(method.compare(profileOf(null), windowOf(full), context), null);
    assert.is(method.compare(profileOf(full), windowOf(null), context), null);
    assert.is(method.compare(profileOf(full), windowOf(sampleOf(least - 1, 2, 0)), context), null);
    assert.is(method.compare(profileOf(sampleOf(least - 1, 2, 0)), windowOf(full), context), null);
    const fewest = method.compare(profileOf(full), windowOf(sampleOf(least, 2, 0)), context)!;
    assert.ok(fewest.p! > 0.01 && Number.isFinite(fewest.value), method.name);
  }
});

test('Fréchet: the class that drifted is named, classes with few rows too', () => {
  const reference = sampleOf(150, 1, 0);
  const drifted = frechet.compare(profileOf(reference), windowOf(sampleOf(90, 2, 4)), context)!.details!;
  const labels = drifted['labels'] as LabelDistance[];
  assert.equal(
    labels.map(({ label, rows, p_adjusted }) => [label, rows, p_adjusted <= 0.05]),
    [
      ['cat', 30, false],
      ['dog', 30, true],
      ['owl', 30, false],
    ],
  );
  assert.is(drifted['labels_p'], Math.min(...pluck(labels, 'p_adjusted')));
  const few = frechet.compare(profileOf(reference), windowOf(sampleOf(59, 2, 4)), context)!.details!;
  assert.equal(
    (few['labels'] as LabelDistance[]).map(({ label }) => label),
    ['cat', 'dog'],
  );
  assert.equal(few['labels_left_out'], ['owl']);
});

test('Fréchet: without predicted classes there are none to tell of', () => {
  const profile = profileOf(sampleOf(60, 1, 0, false));
  const { details } = frechet.compare(profile, windowOf(sampleOf(60, 2, 0, false)), context)!;
  assert.equal(details, { labels: [], labels_left_out: [], labels_p: null, draws: 200 });
});
