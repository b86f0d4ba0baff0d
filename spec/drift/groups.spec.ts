import { Random } from '../../base/index.js';
import { groupDesign } from '../../drift/groups/design-effect.js';
import type { OrderOf } from '../../drift/groups/row-order.js';
import {
  type DriftBatch,
  fitProfile,
  type Matrix,
  mergeProfiles,
  mergeWindowSummaries,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { effectiveBaselineRows, referenceSides } from '../../drift/windows/effective-rows.js';
import { amount, assert, test } from '../support/test.js';
import { mixture, partOf, refused, reportOf, series, shardsOf, slice, summaryOf } from './support.js';

const COLUMNS = 16;
const FRAMES = 10;

/** Rows of a mixture, each followed by nine that differ by a little noise. */
function clips(count: number, random: Random, noise = 0.05): Matrix {
  const scenes = modes(count, random);
  const data = new Float32Array(count * FRAMES * COLUMNS);
  for (let i = 0; i < data.length; i++) {
    const scene = Math.floor(i / (FRAMES * COLUMNS));
    data[i] = scenes[scene * COLUMNS + (i % COLUMNS)]! + noise * random.normal();
  }
  return { rows: count * FRAMES, columns: COLUMNS, data };
}

const CENTRES = mixture(1, COLUMNS * 8, 1, 3).data;

function modes(rows: number, random: Random): Float32Array {
  const data = new Float32Array(rows * COLUMNS);
  for (let row = 0; row < rows; row++) {
    const mode = random.below(8);
    for (let c = 0; c < COLUMNS; c++) data[row * COLUMNS + c] = CENTRES[mode * COLUMNS + c]! + random.normal();
  }
  return data;
}

const named = (rows: number) => Array.from({ length: rows }, (_, row) => `clip ${Math.floor(row / FRAMES)}`);

test('the design effect of groups: one a row, whole ones, and half alike', () => {
  const of = (counts: number[][]) =>
    groupDesign({ keys: Float64Array.from(counts, (_, i) => i), counts: Int32Array.from(counts.flat()) }, true);
  const alone = Array.from({ length: 40 }, (_, g) => [g % 2, 1 - (g % 2)]);
  assert.equal(of(alone), { groups: 40, rows: 40, size: 1, others: 1, mean: 1, likeness: null });
  const whole = of(Array.from({ length: 40 }, (_, g) => [10 * (g % 2), 10 - 10 * (g % 2)]));
  assert.equal([whole.size, whole.likeness], [10, 1]);
  // Groups that mix both clusters evenly are as good as independent rows, or better.
  assert.is(of(Array.from({ length: 40 }, () => [5, 5])).likeness, 0);
  // By hand: shares ½ and groups of (8, 2) and (2, 8); d = Σ (N − 5)² / (n p (1 − p)) · G / (G − 1).
  const half = of(Array.from({ length: 40 }, (_, g) => (g % 2 === 0 ? [8, 2] : [2, 8])));
  const expected = ((40 * 9) / (400 * 0.25)) * (40 / 39);
  assert.ok(Math.abs(half.likeness! - (expected - 1) / 9) < 1e-12, `${half.likeness}`);
});

test('clips are worth as many rows as there are clips, told or found', () => {
  const random = new Random(1);
  const [baseline, window] = [clips(300, random), clips(100, random)];
  for (const told of [true, false]) {
    const profile = fitProfile(
      { embeddings: baseline, groups: told ? named(3_000) : null },
      { groupName: told ? 'clip' : null },
    );
    const { baseline: found, windows } = reportOf(
      profile,
      summaryOf(profile, { embeddings: window, groups: told ? named(1_000) : null }),
    );
    assert.ok(Math.abs(found.effective_rows - 300) < 15, `baseline: ${found.effective_rows}`);
    assert.ok(Math.abs(windows[0]!.effective_rows - 100) < 5, `window: ${windows[0]!.effective_rows}`);
    assert.equal([found.effective_by, found.groups], told ? ['clip', 300] : ['near-duplicates', null]);
    assert.is(windows[0]!.effective_by, found.effective_by);
    assert.equal(parseProfile(profileToJson(profile), 'p.json'), profile);
  }
});

test('frames of two clips in turns are told apart', () => {
  const random = new Random(2);
  const [a, b] = [clips(150, random), clips(150, random)];
  const data = new Float32Array(2 * a.data.length);
  for (let row = 0; row < a.rows; row++) {
    data.set(slice(a, row, row + 1).data, 2 * row * COLUMNS);
    data.set(slice(b, row, row + 1).data, (2 * row + 1) * COLUMNS);
  }
  const profile = fitProfile({ embeddings: { rows: 2 * a.rows, columns: COLUMNS, data } }, {});
  assert.ok(Math.abs(effectiveBaselineRows(profile) - 300) < 20, `${effectiveBaselineRows(profile)}`);
});

test('no clip is in both halves or in two folds, and one row of each is in the samples that are compared', () => {
  const embeddings = clips(100, new Random(4));
  const { reference, crossFit, rows } = fitProfile({ embeddings }, {});
  assert.is(reference!.rows % FRAMES, 0, 'whole clips');
  assert.is(reference!.fitRows % FRAMES, 0, 'whole clips');
  assert.is(new Set(reference!.sample.groups).size, reference!.rows / FRAMES);
  assert.is(totalOf(crossFit!.counts), rows);
});

test('groups that are told without a name are kept whole in both halves, too', () => {
  // Frames of a clip have nothing in common but its name, so they are no near-duplicates.
  const random = new Random(5);
  const data = Float32Array.from({ length: 2_000 * COLUMNS }, () => random.normal());
  const fit = (groupName?: string) =>
    fitProfile({ embeddings: { rows: 2_000, columns: COLUMNS, data }, groups: named(2_000) }, { groupName });
  const profile = fit();
  assert.is(profile.reference!.fitRows + profile.reference!.rows, 2_000);
  assert.is(profile.reference!.fitRows % FRAMES, 0, 'whole clips');
  assert.equal(profile, { ...fit('clip'), groups: profile.groups });
});

test('independent rows are worth what they are, whatever the order of their classes says', () => {
  const trials = amount(200, 20);
  let less = 0;
  for (let trial = 0; trial < trials; trial++) {
    const embeddings = mixture(500, COLUMNS, 8, trial);
    if (effectiveBaselineRows(fitProfile({ embeddings }, {}, { restarts: 1 })) < 500) less++;
  }
  assert.ok(less <= trials / 20, `${less} of ${trials} baselines`);
  // Sorted by class, as a folder for each class is: neighbours are alike, and still independent.
  const sorted = mixture(1_000, COLUMNS, 1, 5);
  const targets = Array.from({ length: 1_000 }, (_, row) => `class ${Math.floor(row / 100)}`);
  for (let row = 0; row < 1_000; row++) sorted.data[row * COLUMNS] = 8 * Math.floor(row / 100);
  const classes = [...new Set(targets)];
  const scores = { rows: 1_000, columns: 10, data: new Float32Array(10_000).fill(0.1) };
  const options = { restarts: 1 };
  const told = fitProfile({ embeddings: sorted, targets, scores }, { classes }, options);
  assert.is(effectiveBaselineRows(told), 1_000);
});

test('neighbours that are alike: worth less, and the order is named', () => {
  const random = new Random(6);
  const profile = fitProfile({ embeddings: series(3_000, 8, 0.8, random) }, {});
  const { baseline, windows } = reportOf(profile, { embeddings: series(1_000, 8, 0.8, random) });
  assert.is(baseline.effective_by, 'row order');
  assert.is(windows[0]!.effective_by, 'row order');
  assert.ok(profile.groups!.block > 1);
  // Cluster membership of AR(1) 0.8: correlations from the rows themselves, by hand, sum to about 3 for this seed.
  assert.ok(baseline.effective_rows > 3_000 / 6 && baseline.effective_rows < 3_000 / 2, `${baseline.effective_rows}`);
  const shuffled = fitProfile({ embeddings: mixture(3_000, 8, 4, 6) }, {});
  assert.is(reportOf(shuffled, { embeddings: mixture(100, 8, 4, 7) }).baseline.effective_by, null);
});

/** Scores of two classes: the first one's logit. */
function softmaxOf(logits: readonly number[]): Matrix {
  const data = Float32Array.from(logits.flatMap((logit) => [1 / (1 + Math.exp(-logit)), 1 / (1 + Math.exp(logit))]));
  return { rows: logits.length, columns: 2, data };
}

test('what the network says of neighbours is as alike as it is, not as their clusters are', () => {
  const random = new Random(16);
  const rowsWith = (rows: number, follows: boolean): DriftBatch => {
    const embeddings = series(rows, 8, 0.8, random);
    const logits = Array.from({ length: rows }, (_, row) => (follows ? embeddings.data[8 * row]! : random.normal()));
    return { embeddings, scores: softmaxOf(logits) };
  };
  const classes = ['a', 'b'];
  const worth = (follows: boolean) => {
    const read = parseProfile(profileToJson(fitProfile(rowsWith(3_000, follows), { classes })), 'p.json');
    const summary = summaryOf(read, rowsWith(1_000, follows));
    const { counts } = read.reference!.confidence!;
    const sides = (what: OrderOf) => referenceSides(read, counts, summary, summary.reference!.confidence!, what);
    return { read, summary, sides };
  };
  const alone = worth(false);
  assert.ok(alone.summary.effectiveRows < 500, `${alone.summary.effectiveRows}`);
  for (const what of ['confidence', 'entropy', 'predicted'] as const) {
    assert.ok(Math.abs(alone.sides(what).windowRows - 1_000) < 1e-6, `${what}: ${alone.sides(what).windowRows}`);
    assert.ok(alone.sides(what).baselineRows / alone.read.reference!.rows > 0.999);
  }
  const following = worth(true);
  const [confidence, predicted] = [following.sides('confidence').windowRows, following.sides('predicted').windowRows];
  assert.ok(confidence > following.summary.effectiveRows && confidence < 700, `${confidence}`);
  assert.ok(predicted < 500, `${predicted}`);
});

test('a baseline of too few clips is too small, and so it says', () => {
  const profile = fitProfile({ embeddings: clips(40, new Random(8)) }, {});
  const { baseline, windows } = reportOf(profile, { embeddings: clips(20, new Random(9)) });
  assert.is(baseline.rows_needed, 50);
  assert.is(windows[0]!.verdict, 'too few rows');
  assert.is(windows[0]!.p, null);
});

test('shards and parts of a window merge to the whole, even where a given group is cut', () => {
  const embeddings = clips(80, new Random(10));
  const batch: DriftBatch = { embeddings, groups: named(800) };
  const whole = fitProfile(batch, { groupName: 'clip' });
  assert.is(profileToJson(shardsOf(whole, batch, [0, 333]).reduce(mergeProfiles)), profileToJson(whole));
  const [first, second] = [summaryOf(whole, partOf(batch, 0, 333)), summaryOf(whole, partOf(batch, 333, 800))];
  assert.equal(mergeWindowSummaries(whole, second, first), summaryOf(whole, batch));
});

test('a profile whose groups do not fit is refused', () => {
  const text = profileToJson(fitProfile({ embeddings: clips(40, new Random(11)) }, {}));
  const changed = (member: string, value: unknown) => {
    const json = JSON.parse(text) as { groups: Record<string, unknown> };
    json.groups[member] = value;
    return JSON.stringify(json);
  };
  const numbers = (values: number[], size: 4 | 8) =>
    Buffer.from((size === 4 ? Float32Array.from(values) : Float64Array.from(values)).buffer).toString('base64');
  const cases: [string, unknown, RegExp][] = [
    ['counts', numbers([1, 2, 3], 4), /counts, their number: 3, 200 would fit/],
    ['keys', numbers([5, 4], 8), /keys: number 1 is not above/],
    ['keys', numbers([0.5], 8), /keys: number 0 is 0.5, a whole number is needed/],
    ['run_scores', numbers([1], 4), /run_scores, their number: 1, 512 would fit/],
    ['run_labels', numbers([1], 4), /run_labels, their number: 1, 512 would fit/],
    ['run_labels', numbers(new Array(512).fill(9 * 2 ** 16), 4), /number 0 is of cluster 9, there are 5/],
  ];
  for (const [member, value, message] of cases) {
    refused(() => parseProfile(changed(member, value), 'p.json'), 'PROFILE_GROUPS_INVALID', message);
  }
});
