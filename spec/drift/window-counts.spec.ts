import { Random } from '../../base/index.js';
import {
  countNearest,
  type DriftBatch,
  fitProfile,
  mergeWindowSummaries,
  WindowCounter,
  type WindowSummary,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, test } from '../support/test.js';
import { matrixOf, mixture, partOf, range, refused, slice, summaryOf } from './support.js';

const classes = ['cat', 'cow', 'dog'];
const profile = fitProfile(
  {
    embeddings: mixture(500, 8, 4, 21),
    scores: { rows: 500, columns: 3, data: Float32Array.from({ length: 1500 }, (_, i) => ((i * 31) % 17) / 17) },
    statistics: { brightness: Float64Array.from({ length: 500 }, (_, i) => Math.sin(i)) },
  },
  { classes },
);

/** 803 rows with scores, some labels, some timestamps, four of them broken. */
function productionRows(): DriftBatch {
  const random = new Random(22);
  const embeddings = mixture(803, 8, 4, 23);
  for (const row of [0, 99, 500, 802]) embeddings.data[row * 8 + 3] = Number.NaN;
  return {
    embeddings,
    scores: { rows: 803, columns: 3, data: Float32Array.from({ length: 803 * 3 }, () => random.uniform()) },
    targets: Array.from({ length: 803 }, () => [...classes, null][random.below(4)]!),
    timestamps: Array.from({ length: 803 }, (_, i) => (i % 3 === 0 ? null : 1.7e12 + random.below(1e6))),
    statistics: { brightness: Float64Array.from({ length: 803 }, () => random.normal() / 3) },
  };
}

test('a window: clusters, predictions, labels, skipped rows, times', () => {
  const batch = productionRows();
  const counter = new WindowCounter(profile);
  const labels = counter.add(batch);
  const counts = counter.summary();
  assert.is(counts.rows, 799);
  assert.is(counts.skipped, 4);
  const expected = countNearest(profile.centroids, batch.embeddings);
  assert.equal(counts.clusters, expected.counts);
  assert.equal(labels, expected.labels);
  assert.is(totalOf(counts.predicted!), 799);
  const labelled = batch.targets!.filter((target, i) => target !== null && labels[i] !== -1).length;
  assert.is(counts.labelled, labelled);
  assert.ok(counts.correct > 0.25 * labelled && counts.correct < 0.42 * labelled);
  const times = batch.timestamps!.filter((time, i) => time !== null && labels[i] !== -1) as number[];
  assert.is(counts.from, Math.min(...times));
  assert.is(counts.to, Math.max(...times));
});

test('eight shards, merged in any order, are one run', () => {
  const batch = productionRows();
  const whole = new WindowCounter(profile);
  whole.add(batch);
  const shards = Array.from({ length: 8 }, (_, i) => {
    return summaryOf(profile, partOf(batch, Math.floor((i * 803) / 8), Math.floor(((i + 1) * 803) / 8)));
  });
  const merge = (a: WindowSummary, b: WindowSummary) => mergeWindowSummaries(profile, a, b);
  assert.equal(shards.reduce(merge), whole.summary());
  assert.equal(new Random(1).shuffle(shards).reduce(merge), whole.summary());
});

test('the bins of the reference: every row in one, confidence and entropy of the scores', () => {
  const batch = productionRows();
  const { reference, rows } = summaryOf(profile, batch);
  const sum = (counts: readonly number[]) => totalOf(counts);
  assert.is(sum(reference!.confidence!), rows);
  assert.is(sum(reference!.entropy!), rows);
  assert.is(reference!.statistics['brightness']!.rows, rows);
  const surest = Math.max(...profile.reference!.confidence!.edges);
  const above = Array.from({ length: 803 }, (_, i) =>
    Math.max(...batch.scores!.data.subarray(3 * i, 3 * i + 3)),
  ).filter((score, i) => score >= surest && ![0, 99, 500, 802].includes(i)).length;
  assert.is(reference!.confidence!.at(-1), above);
});

test('repeated rows: the window is worth fewer, and the sample has each once', () => {
  const few = mixture(100, 8, 4, 26);
  const counter = new WindowCounter(profile);
  counter.add({ embeddings: few });
  assert.is(counter.summary().effectiveRows, 100);
  counter.add({ embeddings: slice(few, 0, 50) });
  const { effectiveRows, rows, reference } = counter.summary();
  assert.is(rows, 150);
  assert.ok(Math.abs(effectiveRows - 150 ** 2 / (50 * 4 + 50)) < 1e-9, `${effectiveRows}`);
  assert.is(reference!.sample.keys.length, 100);
  assert.equal(
    [...reference!.sample.rowNumbers].sort((a, b) => a - b),
    range(0, 100),
  );
});

test('drawn with replacement from N rows, n rows are worth 1 / (1/n + 1/N)', () => {
  const all = mixture(2000, 8, 4, 27);
  const random = new Random(28);
  const counter = new WindowCounter(profile, { sampleRows: 0 });
  for (let i = 0; i < 4000; i++) {
    const row = random.below(2000);
    counter.add({ embeddings: slice(all, row, row + 1) });
  }
  const { effectiveRows, reference } = counter.summary();
  const expected = 1 / (1 / 4000 + 1 / 2000);
  assert.ok(Math.abs(effectiveRows / expected - 1) < 0.05, `${effectiveRows}, not about ${expected}`);
  assert.is(reference!.sample.keys.length, 0);
});

test('a window without scores has no predictions, and still counts', () => {
  const { predicted, labelled, from, rows } = summaryOf(profile, {
    embeddings: mixture(30, 8, 4, 24),
    targets: new Array(30).fill('cat'),
  });
  assert.equal({ predicted, labelled, from, rows }, { predicted: null, labelled: 0, from: null, rows: 30 });
});

test('what does not fit is refused', () => {
  const counter = new WindowCounter(profile, { what: 'week 2' });
  const embeddings = mixture(2, 8, 1, 25);
  refused(() => counter.add({ embeddings: matrixOf([[1, 2]]) }), 'DIMENSIONS_DIFFER', /week 2: .* 2 values, .* 8/);
  refused(() => counter.add({ embeddings, scores: matrixOf([[1], [1]]) }), 'CLASSES_DIFFER', /1 scores .* 3 classes/);
  refused(() => counter.add({ embeddings, scores: matrixOf([[1, 0, 0]]) }), 'ROWS_DIFFER', /1 rows, .* 2/);
  refused(() => counter.add({ embeddings, timestamps: [1, 9e15] }), 'TIMESTAMP_INVALID', /9000000000000000/);
  const other = new WindowCounter(fitProfile({ embeddings: mixture(50, 8, 4, 1) }, {}, { clusters: 3 }));
  refused(() => mergeWindowSummaries(profile, counter.summary(), other.summary()), 'COUNTS_DIFFER', /5 bins and of 3/);
});
