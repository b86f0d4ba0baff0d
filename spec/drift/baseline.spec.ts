import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BaselineSample, countNearest, fitProfile, kMeans, type Profile } from '../../drift/index.js';
import { Reservoir } from '../../drift/reservoir.js';
import { matrixOf, mixture, slice, throwsCoded } from './support.js';

const matrix = mixture(900, 6, 5, 11);

test('a baseline in memory: k-means and its counts', () => {
  const profile = fitProfile({ embeddings: matrix }, { tap: 'fc.0' }, { seed: 3 });
  const found = kMeans(matrix, { clusters: 5, seed: 3 });
  assert.equal(profile.centroids, found.centroids);
  assert.equal(profile.counts, found.counts);
  assert.is(profile.rows, 900);
  assert.is(profile.fit?.rows, 900);
  assert.is(profile.tap, 'fc.0');
  assert.is(profile.weightsSha256, null);
  assert.equal(profile.labels, { predicted: null, labelled: 0, correct: 0 });
});

function streamed(batchRows: number, maxFitRows: number): Profile {
  const sample = new BaselineSample({ dimensions: 6 }, { maxFitRows });
  const batches = Array.from({ length: Math.ceil(900 / batchRows) }, (_, i) => ({
    embeddings: slice(matrix, i * batchRows, Math.min(900, (i + 1) * batchRows)),
  }));
  for (const batch of batches) sample.add(batch);
  const counts = sample.fit();
  assert.is(counts.complete, maxFitRows >= 900);
  if (!counts.complete) for (const batch of batches) counts.add(batch);
  return counts.profile();
}

test('the size of the batches changes nothing', () => {
  assert.equal(streamed(1, 1000), fitProfile({ embeddings: matrix }));
  assert.equal(streamed(64, 200), streamed(900, 200));
});

test('a baseline larger than the sample: fitted on the sample, every row counted', () => {
  const profile = streamed(100, 200);
  assert.is(profile.fit?.rows, 200);
  assert.is(profile.rows, 900);
  assert.equal(profile.counts, countNearest(profile.centroids, matrix).counts);
});

test('a second pass over other rows is noticed', () => {
  const sample = new BaselineSample({ dimensions: 6 }, { maxFitRows: 100 }, 'base.parquet');
  sample.add({ embeddings: matrix });
  const counts = sample.fit();
  counts.add({ embeddings: slice(matrix, 0, 890) });
  throwsCoded(() => counts.profile(), 'BASELINE_CHANGED', /base.parquet: 900 rows .* 890/);
});

test('rows with NaN are skipped and counted, in both passes; beyond 1 % they are an error', () => {
  const spoilt = { ...matrix, data: matrix.data.slice() };
  for (const row of [3, 500]) spoilt.data[row * 6 + 1] = Number.NaN;
  for (const maxFitRows of [100, 1000]) {
    const profile = fitProfile({ embeddings: spoilt }, {}, { maxFitRows });
    assert.is(profile.rows, 898);
    assert.is(profile.skipped, 2);
    assert.is(
      profile.counts.reduce((sum, count) => sum + count),
      898,
    );
  }
  for (let row = 0; row < 10; row++) spoilt.data[row * 6] = Number.POSITIVE_INFINITY;
  throwsCoded(() => fitProfile({ embeddings: spoilt }), 'TOO_MANY_SKIPPED', /11 of 900 rows/);
});

test('predictions and labels are counted', () => {
  const scores = matrixOf([
    [0.7, 0.2, 0.1],
    [0.1, 0.1, 0.8],
    [0.4, 0.4, 0.2],
    [0, 1, 0],
  ]);
  const embeddings = matrixOf([[0], [1], [5], [6]]);
  const targets = ['cat', 'dog', null, 'cow'];
  const profile = fitProfile({ embeddings, scores, targets }, { classes: ['cat', 'cow', 'dog'] }, { clusters: 2 });
  assert.equal(profile.labels, { predicted: [2, 1, 1], labelled: 3, correct: 3 });
  throwsCoded(
    () => fitProfile({ embeddings, scores, targets }, { classes: ['cat', 'cow', 'hen'] }, { clusters: 2 }),
    'TARGET_NOT_A_CLASS',
    /"dog" is none of the 3 classes/,
  );
  throwsCoded(
    () => fitProfile({ embeddings, scores }, { classes: ['a', 'b'] }),
    'CLASSES_DIFFER',
    /3 scores a row, 2 cl/,
  );
  throwsCoded(() => fitProfile({ embeddings, targets: ['cat'] }), 'ROWS_DIFFER', /targets: 1 rows, .* 4/);
});

test('nothing to fit on, too little of it, or vectors of another length', () => {
  const none = { rows: 0, columns: 6, data: new Float32Array(0) };
  throwsCoded(() => fitProfile({ embeddings: none }), 'NO_ROWS', /baseline: 0 rows/);
  throwsCoded(
    () => fitProfile({ embeddings: slice(matrix, 0, 4) }),
    'TOO_FEW_DISTINCT_ROWS',
    /5 clusters .* 4 different/,
  );
  const sample = new BaselineSample({ dimensions: 7 });
  throwsCoded(() => sample.add({ embeddings: matrix }), 'DIMENSIONS_DIFFER', /6 values, .* 7/);
  throwsCoded(() => new BaselineSample({ dimensions: 7 }, { maxFitRows: 0 }), 'OPTION_OUT_OF_RANGE', /maxFitRows 0/);
});

test('the reservoir keeps a short stream whole and in order, and draws evenly from a long one', () => {
  const numbers = matrixOf(Array.from({ length: 40 }, (_, i) => [i]));
  const whole = new Reservoir(50, 1, 0);
  for (let row = 0; row < 40; row++) whole.add(numbers, row);
  assert.equal([...whole.sample().data], [...numbers.data]);

  const drawn = new Array<number>(40).fill(0);
  for (let seed = 0; seed < 4000; seed++) {
    const reservoir = new Reservoir(10, 1, seed);
    for (let row = 0; row < 40; row++) reservoir.add(numbers, row);
    for (const value of reservoir.sample().data) drawn[value]!++;
  }
  for (const [i, count] of drawn.entries()) {
    assert.ok(Math.abs(count - 1000) < 5 * Math.sqrt(4000 * 0.25 * 0.75), `row ${i} drawn ${count} times of 1,000`);
  }
  // Those that were there first are no less likely to stay: together they show a bias of 4 %.
  const early = drawn.slice(0, 10).reduce((sum, count) => sum + count);
  assert.ok(Math.abs(early - 10_000) < 5 * Math.sqrt(10 * 4000 * 0.25 * 0.75), `first ten rows drawn ${early} times`);
});

test('the reservoir grows, and turns to float64 when float64 rows come', () => {
  const reservoir = new Reservoir(5000, 1, 0);
  const wide = matrixOf([[0.1]]);
  const narrow = { rows: 1, columns: 1, data: Float32Array.of(0.5) };
  for (let i = 0; i < 1500; i++) reservoir.add(narrow, 0);
  assert.instance(reservoir.sample().data, Float32Array);
  reservoir.add(wide, 0);
  const { data, rows } = reservoir.sample();
  assert.is(rows, 1501);
  assert.is(data[0], 0.5);
  assert.is(data[1499], 0.5);
  assert.is(data[1500], 0.1);
});

test.run();
