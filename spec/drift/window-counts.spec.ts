import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countNearest, type DriftBatch, fitProfile, mergeWindowCounts, WindowCounter } from '../../drift/index.js';
import { Random } from '../../random/index.js';
import { matrixOf, mixture, slice, throwsCoded } from './support.js';

const classes = ['cat', 'cow', 'dog'];
const profile = fitProfile({ embeddings: mixture(500, 8, 4, 21) }, { classes });

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
  };
}

function part(batch: DriftBatch, from: number, to: number): DriftBatch {
  return {
    embeddings: slice(batch.embeddings, from, to),
    scores: slice(batch.scores!, from, to),
    targets: batch.targets!.slice(from, to),
    timestamps: batch.timestamps!.slice(from, to),
  };
}

test('a window: clusters, predictions, labels, skipped rows, times', () => {
  const batch = productionRows();
  const counter = new WindowCounter(profile);
  const labels = counter.add(batch);
  const counts = counter.counts();
  assert.is(counts.rows, 799);
  assert.is(counts.skipped, 4);
  const expected = countNearest(profile.centroids, batch.embeddings);
  assert.equal(counts.clusters, expected.counts);
  assert.equal(labels, expected.labels);
  assert.is(
    counts.predicted!.reduce((sum, count) => sum + count),
    799,
  );
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
    const counter = new WindowCounter(profile);
    counter.add(part(batch, Math.floor((i * 803) / 8), Math.floor(((i + 1) * 803) / 8)));
    return counter.counts();
  });
  const expected = JSON.stringify(whole.counts());
  assert.is(JSON.stringify(shards.reduce(mergeWindowCounts)), expected);
  assert.is(JSON.stringify(new Random(1).shuffle(shards).reduce(mergeWindowCounts)), expected);
});

test('a window without scores has no predictions, and still counts', () => {
  const counter = new WindowCounter(profile);
  counter.add({ embeddings: mixture(30, 8, 4, 24), targets: new Array(30).fill('cat') });
  const { predicted, labelled, from, rows } = counter.counts();
  assert.equal({ predicted, labelled, from, rows }, { predicted: null, labelled: 0, from: null, rows: 30 });
});

test('what does not fit is refused', () => {
  const counter = new WindowCounter(profile, 'week 2');
  const embeddings = mixture(2, 8, 1, 25);
  throwsCoded(() => counter.add({ embeddings: matrixOf([[1, 2]]) }), 'DIMENSIONS_DIFFER', /week 2: .* 2 values, .* 8/);
  throwsCoded(
    () => counter.add({ embeddings, scores: matrixOf([[1], [1]]) }),
    'CLASSES_DIFFER',
    /1 scores .* 3 classes/,
  );
  throwsCoded(() => counter.add({ embeddings, scores: matrixOf([[1, 0, 0]]) }), 'ROWS_DIFFER', /1 rows, .* 2/);
  throwsCoded(() => counter.add({ embeddings, timestamps: [1, 9e15] }), 'TIMESTAMP_INVALID', /9000000000000000/);
  const other = new WindowCounter(fitProfile({ embeddings: mixture(50, 8, 4, 1) }, {}, { clusters: 3 }));
  throwsCoded(() => mergeWindowCounts(counter.counts(), other.counts()), 'COUNTS_DIFFER', /5 bins and of 3/);
});

test.run();
