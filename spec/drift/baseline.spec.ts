import { Random } from '../../base/index.js';
import { ChainFinder } from '../../drift/groups/copies.js';
import {
  BaselineSample,
  countNearest,
  type DriftBatch,
  emptyProfile,
  fitProfile,
  kMeans,
  mergeProfiles,
  type Profile,
  profileToJson,
} from '../../drift/index.js';
import { isRowUsable } from '../../drift/linear/matrix.js';
import { FOLDS, foldOf } from '../../drift/profile/cross-fit.js';
import { isFitRow } from '../../drift/profile/reference-fit.js';
import { rowKey } from '../../drift/rows/keys.js';
import { Reservoir } from '../../drift/rows/row-sample.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, test } from '../support/test.js';
import { matrixOf, mixture, refused, shardsOf, slice } from './support.js';

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
  const counter = sample.fit();
  for (const batch of batches) counter.add(batch);
  return counter.profile();
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
  refused(() => counts.profile(), 'BASELINE_CHANGED', /base.parquet: 900 rows .* 890/);
});

test('rows with NaN are skipped and counted, in both passes; beyond 1 % they are an error', () => {
  const spoilt = { ...matrix, data: matrix.data.slice() };
  for (const row of [3, 500]) spoilt.data[row * 6 + 1] = Number.NaN;
  for (const maxFitRows of [100, 1000]) {
    const profile = fitProfile({ embeddings: spoilt }, {}, { maxFitRows });
    assert.is(profile.rows, 898);
    assert.is(profile.skipped, 2);
    assert.is(totalOf(profile.counts), 898);
  }
  for (let row = 0; row < 10; row++) spoilt.data[row * 6] = Number.POSITIVE_INFINITY;
  refused(() => fitProfile({ embeddings: spoilt }), 'TOO_MANY_SKIPPED', /11 of 900 rows/);
});

test('predictions and labels are counted', () => {
  const scores = matrixOf('0.7 0.2 0.1; 0.1 0.1 0.8; 0.4 0.4 0.2; 0 1 0');
  const embeddings = matrixOf([[0], [1], [5], [6]]);
  const targets = ['cat', 'dog', null, 'cow'];
  const profile = fitProfile({ embeddings, scores, targets }, { classes: ['cat', 'cow', 'dog'] }, { clusters: 2 });
  assert.equal(profile.labels, { predicted: [2, 1, 1], labelled: 3, correct: 3 });
  const fit = () => fitProfile({ embeddings, scores, targets }, { classes: ['cat', 'cow', 'hen'] }, { clusters: 2 });
  refused(fit, 'TARGET_NOT_A_CLASS', /"dog" is none of the 3 classes/);
  refused(() => fitProfile({ embeddings, scores }, { classes: ['a', 'b'] }), 'CLASSES_DIFFER', /3 scores a row, 2 cl/);
  refused(() => fitProfile({ embeddings, targets: ['cat'] }), 'ROWS_DIFFER', /targets: 1 rows, .* 4/);
});

test('nothing to fit on, too little of it, or vectors of another length', () => {
  const none = { rows: 0, columns: 6, data: new Float32Array(0) };
  refused(() => fitProfile({ embeddings: none }), 'NO_ROWS', /baseline: 0 rows/);
  refused(() => fitProfile({ embeddings: slice(matrix, 0, 4) }), 'TOO_FEW_DISTINCT_ROWS', /5 clusters .* 4 different/);
  const sample = new BaselineSample({ dimensions: 7 });
  refused(() => sample.add({ embeddings: matrix }), 'DIMENSIONS_DIFFER', /6 values, .* 7/);
  refused(() => new BaselineSample({ dimensions: 7 }, { maxFitRows: 0 }), 'OPTION_OUT_OF_RANGE', /maxFitRows 0/);
});

/** Rows with all that can come: scores, labels, statistics with gaps, repeated rows and broken ones. */
function fullBaseline(rows: number): DriftBatch {
  const random = new Random(12);
  const embeddings = mixture(rows, 6, 5, 13);
  embeddings.data.copyWithin(0, 6 * 40, 6 * 60);
  embeddings.data[6 * 100] = Number.NaN;
  return {
    embeddings,
    scores: { rows, columns: 3, data: Float32Array.from({ length: rows * 3 }, () => random.uniform()) },
    targets: Array.from({ length: rows }, () => ['cat', 'cow', 'dog', null][random.below(4)]!),
    statistics: {
      brightness: Float64Array.from({ length: rows }, () => 1e6 + random.normal()),
      sharpness: Float64Array.from({ length: rows }, (_, i) =>
        i % 7 === 0 ? Number.NaN : 10 ** (8 * random.uniform()),
      ),
      constant: new Float64Array(rows).fill(0.1),
    },
  };
}

const source = { classes: ['cat', 'cow', 'dog'] };

/** `[rows]`: the key of the chain of each row, NaN for broken rows. */
function chainsOf({ embeddings }: DriftBatch, profile: Profile, seed: number): number[] {
  const finder = new ChainFinder(profile.groups!.near, embeddings.columns);
  return Array.from({ length: embeddings.rows }, (_, row) =>
    isRowUsable(embeddings, row) ? finder.keyOf(embeddings, row, rowKey(embeddings, row, seed)) : Number.NaN,
  );
}

test('the reference counts exactly the rows that nothing was fitted on', () => {
  const batch = fullBaseline(900);
  const profile = fitProfile(batch, source, { seed: 4 });
  const { reference, rows } = profile;
  const chains = chainsOf(batch, profile, 4);
  const usable = (row: number) => row !== 100;
  const heldOut = [...chains.keys()].filter((row) => usable(row) && !isFitRow(chains[row]!, 4));
  assert.is(reference!.rows, heldOut.length);
  assert.is(reference!.fitRows, rows - heldOut.length);
  assert.ok(heldOut.length > 390 && heldOut.length < 510, `${heldOut.length} of 899 rows`);

  const { brightness, sharpness, constant } = reference!.statistics;
  const values = heldOut.map((row) => batch.statistics!['brightness']![row]!);
  const mean = totalOf(values) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  assert.ok(Math.abs(brightness!.mean! - mean) < 1e-9, `${brightness!.mean}, not ${mean}`);
  assert.ok(Math.abs(brightness!.variance! / variance - 1) < 1e-9, `${brightness!.variance}, not ${variance}`);
  assert.is(sharpness!.rows, heldOut.filter((row) => row % 7 !== 0).length);
  // A constant has a bin of its own between lower and higher values.
  assert.equal(constant!.counts, [0, heldOut.length, 0]);
  assert.is(constant!.variance, 0);

  const labelled = heldOut.filter((row) => batch.targets![row] !== null);
  const total = totalOf(reference!.reliability!.total);
  assert.is(total, labelled.length);
  assert.ok(reference!.reliability!.correct.every((count, i) => count <= reference!.reliability!.total[i]!));
});

test('the sample of the reference: different rows, by smallest key, in principal components', () => {
  const batch = fullBaseline(900);
  const profile = fitProfile(batch, source);
  const { reference } = profile;
  const chains = chainsOf(batch, profile, 0);
  const { keys, weights, coordinates, rowNumbers, predicted } = reference!.sample;
  assert.is(totalOf(weights), reference!.rows);
  assert.ok(keys.length < reference!.rows && keys.length > reference!.rows - 30, 'repeated rows are one');
  assert.ok(keys.every((key, i) => i === 0 || key > keys[i - 1]!));
  assert.is(coordinates.columns, reference!.projection.components.rows);
  assert.ok(rowNumbers.every((row) => !isFitRow(chains[row]!, 0)));
  assert.ok(predicted.every((index) => index >= 0 && index < 3));
});

test('eight shards, merged in any order, are one run, byte for byte', () => {
  const batch = fullBaseline(4000);
  const whole = fitProfile(batch, source, { maxFitRows: 500 });
  const shards = shardsOf(whole, batch, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]);
  const expected = profileToJson(whole);
  for (let seed = 0; seed < 5; seed++) {
    const shuffled = new Random(seed).shuffle(shards.slice());
    assert.is(profileToJson(shuffled.reduce(mergeProfiles)), expected);
  }
  const pairs = [0, 2, 4, 6].map((i) => mergeProfiles(shards[i + 1]!, shards[i]!));
  assert.is(profileToJson(pairs.reduceRight(mergeProfiles)), expected);
  assert.is(profileToJson(mergeProfiles(whole, emptyProfile(whole))), expected);
});

test('each row is counted by centroids that were fitted without its fold', () => {
  const batch = fullBaseline(900);
  const profile = fitProfile(batch, source, { seed: 4 });
  const { centroids, counts, crossFit, rows } = profile;
  const { labels } = countNearest(centroids, batch.embeddings);
  const fold = chainsOf(batch, profile, 4).map((chain) => foldOf(chain, 4));
  assert.ok(
    new Set(fold.filter((_, row) => row !== 100)).size === FOLDS && fold[40] === fold[0],
    'a copy is in the fold of its original',
  );
  const expected = new Array<number>(counts.length).fill(0);
  for (let f = 0; f < FOLDS; f++) {
    const means = counts.map((_, cluster) => {
      const kept = [...labels.keys()].filter((row) => labels[row] === cluster && fold[row] !== f);
      return Array.from({ length: 6 }, (_, c) => {
        return kept.reduce((sum, row) => sum + batch.embeddings.data[row * 6 + c]!, 0) / kept.length;
      });
    });
    const found = crossFit!.centroids.data.subarray(f * counts.length * 6, (f + 1) * counts.length * 6);
    for (const [i, value] of means.flat().entries())
      assert.ok(Math.abs(found[i]! - value) < 1e-5, `${found[i]}, ${value}`);
    const nearest = countNearest(matrixOf(means), batch.embeddings).labels;
    for (const [row, cluster] of nearest.entries()) if (cluster >= 0 && fold[row] === f) expected[cluster]!++;
  }
  assert.equal(crossFit!.counts, expected);
  assert.is(totalOf(crossFit!.counts), rows);
});

test('a cluster of copies of one image stays where it is', () => {
  const copies = matrixOf(Array.from({ length: 100 }, (_, i) => [i < 50 ? 0 : 100 + (i % 7)]));
  assert.equal(fitProfile({ embeddings: copies }, {}, { clusters: 2 }).crossFit!.counts, [50, 50]);
});

test('profiles of different fits do not merge', () => {
  const one = fitProfile({ embeddings: matrix });
  const other = fitProfile({ embeddings: matrix }, {}, { seed: 1 });
  refused(() => mergeProfiles(one, other), 'PROFILES_DIFFER', /line \d+ is/);
});

test('a baseline too small to be split has no reference, nor one without rows to fit on', () => {
  assert.is(fitProfile({ embeddings: slice(matrix, 0, 39) }).reference, null);
  assert.is(fitProfile({ embeddings: slice(matrix, 0, 40) }).reference === null, false);
  // Row 0 alone is different.
  const few = { rows: 60, columns: 1, data: Float64Array.from({ length: 60 }, (_, i) => (i === 0 ? 5 : 1)) };
  for (let seed = 0; seed < 6; seed++) {
    const { reference } = fitProfile({ embeddings: few }, {}, { clusters: 2, seed });
    const [alone, others] = [0, 1].map((row) => isFitRow(rowKey(few, row, seed), seed));
    const dealt = Array.from({ length: 59 }, (_, i) => isFitRow(i + 1, seed)).filter((inFit) => !inFit).length;
    if (!alone && !others) assert.is(reference, null, 'nothing is fitted on');
    else assert.is(reference!.rows, dealt + (alone ? 0 : 1), 'copies are dealt one by one');
  }
});

test('columns that come and go are refused', () => {
  const sample = new BaselineSample({ dimensions: 6 });
  sample.add({ embeddings: slice(matrix, 0, 2), statistics: { brightness: [1, 2] } });
  refused(() => sample.add({ embeddings: slice(matrix, 2, 4) }), 'STATISTICS_DIFFER', /brightness and with none/);
  const short = { embeddings: slice(matrix, 2, 4), statistics: { brightness: [1] } };
  refused(() => sample.add(short), 'ROWS_DIFFER', /statistic brightness: 1 rows/);
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
  const early = totalOf(drawn.slice(0, 10));
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
