/** What k-means owes to chance when it chooses among clusters that fit equally well. */
import { Random } from '../../base/index.js';
import {
  CentroidCounter,
  countNearest,
  type DriftBatch,
  fitProfile,
  type Matrix,
  matrixOfRows,
  type Profile,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { choiceEffect } from '../../drift/profile/cross-fit.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, refusal, test } from '../support/test.js';
import { judged, matrixOf, refused } from './support.js';

const MODES = 10;

/** Ten modes that are equally far from each other: one on each axis. */
function modes(rows: number, random: Random): DriftBatch {
  const data = new Float32Array(rows * MODES);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < MODES; c++) data[row * MODES + c] = random.normal();
    data[row * MODES + random.below(MODES)]! += 40;
  }
  return { embeddings: { rows, columns: MODES, data } };
}

const effectOf = (rows: number, clusters: number, seed: number) =>
  fitProfile(modes(rows, new Random(seed)), {}, { clusters, restarts: 1, seed }).crossFit!.choiceEffect;

test('five clusters of ten equal modes are chosen by their rows, ten are not', () => {
  const effects = Array.from({ length: 12 }, (_, seed) => effectOf(200, 5, seed));
  const mean = totalOf(effects) / effects.length;
  assert.ok(mean > 1.15 && mean < 2, `${mean}`);
  for (let seed = 0; seed < 3; seed++) assert.is(effectOf(200, 10, seed), 1);
});

test('it is not measured with 100 rows a cluster or more, nor where halves have too few different rows', () => {
  const never = () => assert.unreachable('no rows are asked for');
  const labels = Int32Array.from({ length: 500 }, (_, row) => row % 5);
  assert.is(choiceEffect(never as never, labels, labels, { clusters: 5, seed: 0 }), 1);
  // Six images, each 40 times: half of them are fewer than there are clusters.
  const copies = { rows: 240, columns: 1, data: Float32Array.from({ length: 240 }, (_, row) => row % 6) };
  const units = Array.from(copies.data);
  assert.is(
    choiceEffect(() => copies, units, labels.subarray(0, 240), { clusters: 5, seed: 0 }),
    1,
  );
});

test('the profile keeps it, and its counts are worth fewer rows; the number itself is as it was', () => {
  const seed = Array.from({ length: 12 }, (_, i) => i).find((i) => effectOf(200, 5, i) > 1.1)!;
  const batch = modes(200, new Random(seed));
  const profile = fitProfile(batch, {}, { restarts: 1, seed });
  const text = profileToJson(profile);
  assert.equal(parseProfile(text, 'p.json'), profile);
  const json = JSON.parse(text);
  json.cross_fit.choice_effect = 0.9;
  refused(() => parseProfile(JSON.stringify(json), 'p.json'), 'PROFILE_MEMBER_INVALID', /cross_fit\.choice_effect/);
  delete json.cross_fit.choice_effect;
  const old = parseProfile(JSON.stringify(json), 'p.json');
  assert.is(old.crossFit!.choiceEffect, 1);
  const methodsOf = (of: Profile) => judged(of, modes(200, new Random(900)), { methods: ['js', 'psi'] }).methods;
  const [now, before] = [methodsOf(profile), methodsOf(old)];
  for (const method of ['js', 'psi']) {
    assert.is(now[method]!.value, before[method]!.value);
    assert.equal(now[method]!.details, before[method]!.details);
    assert.ok(now[method]!.band![1] > before[method]!.band![1], method);
  }
});

// Counts rows by given centroids, batch by batch.

const centroids = matrixOf('0 0 0; 2 0 0; 0 0 -3');

function rowsOf(seed: number, rows: number): Matrix {
  const random = new Random(seed);
  return { rows, columns: 3, data: Float32Array.from({ length: rows * 3 }, () => 2 * random.normal()) };
}

test('counts add up over batches to those of all rows at once', () => {
  const counter = new CentroidCounter(centroids);
  const batches = [rowsOf(1, 50), rowsOf(2, 1), rowsOf(3, 200)];
  for (const batch of batches) counter.add(batch);
  const data = Float32Array.from(batches.flatMap((batch) => [...batch.data]));
  assert.equal(counter.counts, countNearest(centroids, { rows: 251, columns: 3, data }).counts);
  assert.ok(counter.counts.every((count) => count > 0));
});

test('a row halfway goes to the first centroid; one that is not finite to none', () => {
  const counter = new CentroidCounter(centroids);
  counter.add(matrixOf('1 0 0; NaN 0 0; 0 0 Infinity; 0 0 -2'));
  assert.equal([counter.counts, counter.skipped], [[1, 0, 1], 2]);
});

test('rows of another length are refused, and centroids that are none', async () => {
  const counter = new CentroidCounter(centroids, 'production.parquet');
  await refusal('DIMENSIONS_DIFFER', () => counter.add(matrixOfRows([[1, 2]])), /production\.parquet/);
  await refusal('NO_CENTROIDS', () => new CentroidCounter({ rows: 0, columns: 3, data: new Float64Array(0) }));
  await refusal('MATRIX_MISSHAPEN', () => new CentroidCounter(matrixOfRows([])));
});
