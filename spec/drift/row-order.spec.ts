import { Random } from '../../base/index.js';
import { type Correlations, ofEqualRows, ofNumbers, ofThresholds } from '../../drift/groups/neighbours.js';
import { type OrderOf, orderEffect, rowOrder } from '../../drift/groups/row-order.js';
import { addToBatch, BATCH_ROWS, batchEffect, RunKeeper } from '../../drift/groups/row-runs.js';
import {
  type DriftBatch,
  fitProfile,
  mergeProfiles,
  type Profile,
  parseProfile,
  profileToJson,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { effectiveBaselineRows, statisticSides } from '../../drift/windows/effective-rows.js';
import { assert, test } from '../support/test.js';
import { refused, series, shardsOf, summaryOf } from './support.js';

const BINS = 20;

/** A normal series with that correlation of neighbours, as bins of equal shares. */
function binned(rows: number, r: number, random: Random): number[] {
  const values = Array.from({ length: rows }, () => random.normal());
  for (let i = 1; i < rows; i++) values[i] = r * values[i - 1]! + Math.sqrt(1 - r * r) * values[i]!;
  const ranks = new Int32Array(rows);
  for (const [rank, i] of [...values.keys()].sort((a, b) => values[a]! - values[b]!).entries()) ranks[i] = rank;
  return Array.from(ranks, (rank) => Math.floor((BINS * rank) / rows));
}

test('thresholds: the covariance of all indicators, summed one by one', () => {
  const block = binned(400, 0.7, new Random(1));
  for (const lag of [1, 3]) {
    let [covariance, variance] = [0, 0];
    for (let t = 0; t < BINS - 1; t++) {
      const below = block.map((value) => Number(value <= t));
      const share = totalOf(below) / block.length;
      const pairs = below.slice(lag).map((value, i) => (value - share) * (below[i]! - share));
      // Products of pairs, with the mean of all rows; the madogram takes the mean of those in pairs.
      covariance += totalOf(pairs) / pairs.length;
      variance += share * (1 - share);
    }
    const { r } = ofThresholds([block])!(lag);
    assert.ok(Math.abs(r - covariance / variance) < 0.01, `lag ${lag}: ${r}, one by one ${covariance / variance}`);
  }
});

test('thresholds: what a Kolmogorov-Smirnov distance sees is less alike than the numbers, and known with a smaller error', () => {
  const block = binned(4_000, 0.6, new Random(2));
  const [thresholds, numbers] = [ofThresholds([block])!(1), ofNumbers([block])!(1)];
  // Normal values of correlation 0.6: ranks have 6 / π · asin(0.3) = 0.58, the median 2 / π · asin(0.6) = 0.41.
  assert.ok(Math.abs(numbers.r - 0.58) < 0.04, `${numbers.r}`);
  assert.ok(thresholds.r > 0.3 && thresholds.r < 0.42, `${thresholds.r}`);
  // Of a uniform distribution: Σ λ² / (Σ λ)² of a Brownian bridge is (1 / 90) / (1 / 36).
  assert.ok(Math.abs(thresholds.error * Math.sqrt(3_999) - Math.sqrt(0.4)) < 0.005, `${thresholds.error}`);
});

/** Two thirds of the rows are of two kinds that stay for long, the others are of 20 kinds in any order. */
function stayingKinds(rows: number, random: Random): number[] {
  const kinds: number[] = [];
  while (kinds.length < rows) {
    const kind = 1 + random.below(2);
    for (let i = 0; i < 20; i++) kinds.push(random.uniform() < 2 / 3 ? kind : 3 + random.below(20));
  }
  return kinds;
}

test('kinds: the covariance of all indicators, summed one by one', () => {
  const block = stayingKinds(6_000, new Random(3));
  const lag = 2;
  let [covariance, variance] = [0, 0];
  for (let kind = 1; kind <= 22; kind++) {
    const is = block.map((one) => Number(one === kind));
    const share = totalOf(is) / block.length;
    covariance +=
      is.slice(lag).reduce((sum, one, i) => sum + (one - share) * (is[i]! - share), 0) / (block.length - lag);
    variance += share * (1 - share);
  }
  const { r } = ofEqualRows([block])!(lag);
  assert.ok(Math.abs(r - covariance / variance) < 1e-9, `${r}, one by one ${covariance / variance}`);
});

test('predicted classes: rows are worth what frequent classes say, where rare ones come in any order', () => {
  const keeper = new RunKeeper();
  for (const [row, kind] of stayingKinds(6_000, new Random(4)).entries()) {
    const scores = () => ({ confidence: 1, entropy: 1, predicted: kind });
    keeper.add(row, { cluster: kind, mark: row % 256, target: 0 }, { scores, bins: null });
  }
  // Counts of a frequent kind vary by 1 + 2 Σ (1 − h / 20) r with r = 0.4, some 8 to 9; those of a rare kind as in any order.
  const effect = (what: OrderOf) => orderEffect(rowOrder(keeper.runs(), what), 6_000);
  assert.ok(effect('predicted') > 3 * effect('cluster'), `${effect('predicted')}, clusters ${effect('cluster')}`);
});

test('the standard errors are those of independent rows', () => {
  for (const of of [ofThresholds, ofNumbers, ofEqualRows]) {
    const scores = Array.from({ length: 300 }, (_, seed) => {
      const { r, error } = of([binned(300, 0, new Random(100 + seed))])!(1);
      return r / error;
    });
    const spread = Math.sqrt(scores.reduce((sum, z) => sum + z * z, 0) / scores.length);
    assert.ok(spread > 0.85 && spread < 1.15, `${of.name}: ${spread}`);
  }
});

test('no correlations of rows that are all equal, or of none', () => {
  const none: (Correlations | null)[] = [
    ofThresholds([[3, 3, 3]]),
    ofThresholds([]),
    ofNumbers([[3, 3]]),
    ofNumbers([[]]),
    ofEqualRows([[3, 3, 3]]),
    ofEqualRows([]),
  ];
  assert.equal(none, [null, null, null, null, null, null]);
  for (const of of [ofThresholds, ofEqualRows]) assert.is(of([[0, 1, 0]])!(5).error, Number.POSITIVE_INFINITY);
});

function sumsOf(columns: readonly (readonly number[])[]): Int32Array {
  const rows = columns[0]!.length;
  const sums = new Int32Array(Math.ceil(rows / BATCH_ROWS) * columns.length);
  for (let row = 0; row < rows; row++) {
    addToBatch(
      sums,
      Math.floor(row / BATCH_ROWS),
      columns.map((column) => column[row]!),
    );
  }
  return sums;
}

const EVEN = new Array<number>(BINS).fill(1);

test('batch means: (1 + ρ) / (1 − ρ) of a series, 1 of independent rows', () => {
  const random = new Random(3);
  const columns = [binned(50_000, 0.8, random), binned(50_000, 0, random)];
  const sums = sumsOf(columns);
  // Ranks of a normal series: 1 + 2 Σ 6 / π · asin(0.8^h / 2) = 8.6, of which batches of 64 miss 0.6.
  const slow = batchEffect(sums, 2, 0, EVEN)!;
  assert.ok(slow > 7 && slow < 9, `${slow}`);
  const independent = batchEffect(sums, 2, 1, EVEN)!;
  assert.ok(independent < 1.15, `${independent}`);
});

test('batch means: values that are not known, batches that are too few, rows that are all equal', () => {
  const series = binned(4_000, 0.8, new Random(4));
  const whole = batchEffect(sumsOf([series]), 1, 0, EVEN)!;
  const gaps = batchEffect(sumsOf([series.map((bin, row) => (row % 10 === 0 ? -1 : bin))]), 1, 0, EVEN)!;
  assert.ok(Math.abs(gaps / whole - 1) < 0.15, `${gaps}, without gaps ${whole}`);
  assert.is(batchEffect(sumsOf([series.slice(0, 19 * BATCH_ROWS)]), 1, 0, EVEN), null);
  assert.is(batchEffect(sumsOf([series]), 1, 0, [400, 0, 0]), null);
  const unknown = series.map((bin, row) => (row % 3 === 0 ? bin : -1));
  assert.is(batchEffect(sumsOf([unknown]), 1, 0, EVEN), null, 'a third of each batch is none');
});

const COLUMNS = 4;

/** Rows whose neighbours correlate; `slow` is one of their columns, `own` is of each row alone. */
function video(rows: number, r: number, random: Random): DriftBatch {
  const embeddings = series(rows, COLUMNS, r, random);
  const slow = Float64Array.from({ length: rows }, (_, row) => embeddings.data[row * COLUMNS]!);
  return { embeddings, statistics: { slow, own: Float64Array.from({ length: rows }, () => random.normal()) } };
}

test('each statistic of the images is worth what it is, not what clusters are', () => {
  const random = new Random(5);
  const profile = fitProfile(video(4_000, 0.8, random), {}, { restarts: 1 });
  const read = parseProfile(profileToJson(profile), 'p.json');
  assert.equal(read, profile);
  const summary = summaryOf(read, video(1_000, 0.8, random));
  const worth = (of: Profile, name: string) =>
    statisticSides(of, name, summary, summary.reference!.statistics[name]!.counts);
  const [slow, own] = [worth(read, 'slow'), worth(read, 'own')];
  assert.ok(slow.windowRows > 80 && slow.windowRows < 180, `${slow.windowRows}`);
  assert.ok(own.windowRows > 650, `${own.windowRows}`);
  assert.ok(slow.baselineRows < read.reference!.rows / 5, `${slow.baselineRows}`);
  assert.ok(slow.windowRows < summary.effectiveRows && summary.effectiveRows < own.windowRows);
  const json = JSON.parse(profileToJson(profile));
  json.groups.run_sums = Buffer.from(new Float32Array(3).buffer).toString('base64');
  const parse = () => parseProfile(JSON.stringify(json), 'p.json');
  refused(parse, 'PROFILE_GROUPS_INVALID', /run_sums, their number: 3, 128 would fit/);
});

test('shards of a video merge to the whole, also where a batch is cut', () => {
  const batch = video(1_000, 0.8, new Random(6));
  const whole = fitProfile(batch);
  assert.ok(whole.groups!.runs.sums.length === 4 * 4 * 2);
  assert.is(profileToJson(shardsOf(whole, batch, [0, 333]).reduce(mergeProfiles)), profileToJson(whole));
});

test('a window like its baseline is worth what that says; one that hangs together more is worth less', () => {
  const random = new Random(7);
  const profile = fitProfile(video(4_000, 0.5, random), {}, { restarts: 1 });
  const rows = (r: number) => summaryOf(profile, video(400, r, random)).effectiveRows;
  const known = 400 / (4_000 / effectiveBaselineRows(profile));
  const found = Array.from({ length: 20 }, () => rows(0.5));
  const alike = found.filter((one) => Math.abs(one / known - 1) < 0.01);
  assert.ok(alike.length >= 17, `${found.map(Math.round)}, the baseline says ${known}`);
  assert.ok(rows(0.95) < known / 2);
});
