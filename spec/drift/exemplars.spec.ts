import { Random } from '../../base/index.js';
import { countNearest, type DriftBatch, ExemplarKeeper, type Matrix64, mergeExtremes } from '../../drift/index.js';
import { assert, test } from '../support/test.js';
import { matrixOf, mixture, pluck, refused, slice } from './support.js';

const ROWS = 400;
const KEEP = 7;
const random = new Random(4);
const embeddings = mixture(ROWS, 6, 4, 9);
const { data } = mixture(3, 6, 3, 10);
const centroids: Matrix64 = { rows: 3, columns: 6, data: Float64Array.from(data) };
const scores = { rows: ROWS, columns: 2, data: Float32Array.from({ length: 2 * ROWS }, () => random.uniform()) };
const targets = Array.from({ length: ROWS }, (_, row) => (row % 3 === 0 ? null : 'dog'));
const urls = Array.from({ length: ROWS }, (_, row) => (row % 5 === 0 ? null : `${row}.png`));
const profile = { centroids, classes: ['cat', 'dog'] };

function batch(from: number, to: number): DriftBatch {
  return { embeddings: slice(embeddings, from, to), scores: slice(scores, from, to), targets: targets.slice(from, to) };
}

function keeperOf(parts: readonly (readonly [number, number])[], numbered = false): ExemplarKeeper {
  const keeper = new ExemplarKeeper(profile, KEEP, 'week.parquet');
  for (const [from, to] of parts) {
    const part = batch(from, to);
    const rowNumbers = numbered ? Array.from({ length: to - from }, (_, i) => from + i) : undefined;
    keeper.add({ ...part, rowNumbers }, countNearest(centroids, part.embeddings).labels, urls.slice(from, to));
  }
  return keeper;
}

/** All rows of a cluster, nearest first. */
function sortedRows(cluster: number) {
  const { labels } = countNearest(centroids, embeddings);
  const square = (sum: number, value: number, i: number) => sum + (value - centroids.data[cluster * 6 + i]!) ** 2;
  const distance = (row: number) =>
    Math.sqrt(Array.from(embeddings.data.subarray(row * 6, row * 6 + 6)).reduce(square, 0));
  return Array.from({ length: ROWS }, (_, row) => row)
    .filter((row) => labels[row] === cluster)
    .map((row) => ({ row, distance: distance(row) }))
    .sort((a, b) => a.distance - b.distance || a.row - b.row);
}

test('the nearest and the farthest of every cluster, with what is known of them', () => {
  const extremes = keeperOf([[0, ROWS]]).extremes();
  assert.is(extremes.length, 3);
  for (const [cluster, { nearest, farthest }] of extremes.entries()) {
    const all = sortedRows(cluster);
    const places = (rows: typeof nearest) => rows.map(({ row, distance }) => ({ row, distance }));
    assert.equal(places(nearest), all.slice(0, KEEP));
    assert.equal(places(farthest), all.reverse().slice(0, KEEP));
    for (const { row, source, predicted, target, imageUrl } of nearest) {
      assert.is(source, 'week.parquet');
      assert.is(predicted, scores.data[2 * row]! >= scores.data[2 * row + 1]! ? 'cat' : 'dog');
      assert.is(target, targets[row]);
      assert.is(imageUrl, urls[row]);
    }
  }
});

test('the same in batches, and from parts merged in any order', () => {
  const whole = keeperOf([[0, ROWS]]).extremes();
  const starts = [0, 1, 250, ROWS];
  assert.equal(keeperOf(starts.slice(1).map((to, i) => [starts[i]!, to] as const)).extremes(), whole);
  const [first, second] = [keeperOf([[0, 150]], true).extremes(), keeperOf([[150, ROWS]], true).extremes()];
  assert.equal(mergeExtremes(first, second, KEEP), whole);
  assert.equal(mergeExtremes(second, first, KEEP), whole);
});

test('images that show next to nothing are counted in each cluster, where their statistics are known', () => {
  const two = { centroids: matrixOf([[0], [9]]), classes: [] };
  const rows = [
    { at: 0, brightness: 0, contrast: 0 },
    { at: 1, brightness: 0.04, contrast: 0.02 },
    { at: 2, brightness: 0.05, contrast: 0.1 },
    { at: 1, brightness: 0.5, contrast: 0.005 },
    { at: 0, brightness: Number.NaN, contrast: 0 },
    { at: 9, brightness: 1, contrast: 0 },
    { at: 8, brightness: 0.5, contrast: 0.2 },
  ];
  const extremesOf = (from: number, to: number) => {
    const part = rows.slice(from, to);
    const statistics = { brightness: pluck(part, 'brightness'), contrast: pluck(part, 'contrast') };
    const keeper = new ExemplarKeeper(two, 2, 's');
    const embeddings = matrixOf(part.map(({ at }) => [at]));
    keeper.add({ embeddings, statistics }, countNearest(two.centroids, embeddings).labels);
    return keeper.extremes();
  };
  const expected = [
    { images: 4, black: 2, colour: 1 },
    { images: 2, black: 0, colour: 1 },
  ];
  assert.equal(pluck(extremesOf(0, 7), 'plain'), expected);
  assert.equal(pluck(mergeExtremes(extremesOf(0, 3), extremesOf(3, 7), 2), 'plain'), expected);
});

test('ties go to the earlier row; an image that comes again is kept once', () => {
  const point = matrixOf([[0], [1], [1], [1], [-1]]);
  const one = { centroids: matrixOf([[0]]), classes: [] };
  const labels = new Int32Array(5);
  const rows = (imageUrls: (string | null)[]) => {
    const keeper = new ExemplarKeeper(one, 3, 's');
    keeper.add({ embeddings: point }, labels, imageUrls);
    const { nearest, farthest } = keeper.extremes()[0]!;
    return [pluck(nearest, 'row'), pluck(farthest, 'row')];
  };
  assert.equal(rows([null, null, null, null, null]), [
    [0, 1, 2],
    [1, 2, 3],
  ]);
  assert.equal(rows(['a', 'b', 'b', 'b', 'c']), [
    [0, 1, 4],
    [1, 4, 0],
  ]);
});

test('skipped rows are left out, small clusters keep what there is, and the bounds are checked', () => {
  const keeper = new ExemplarKeeper({ centroids: matrixOf([[0], [9]]), classes: [] }, 4, 's');
  keeper.add({ embeddings: matrixOf([[Number.NaN], [1]]) }, Int32Array.of(-1, 0));
  keeper.add({ embeddings: matrixOf([[2]]) }, Int32Array.of(0));
  const [first, second] = keeper.extremes();
  assert.equal(
    first!.nearest.map(({ row, distance }) => [row, distance]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  assert.equal(second, { nearest: [], farthest: [], plain: { images: 0, black: 0, colour: 0 } });
  refused(() => new ExemplarKeeper(profile, 0, 's'), 'EXEMPLARS_COUNT', /0 exemplars/);
  refused(() => mergeExtremes([], keeper.extremes(), 4), 'COUNTS_DIFFER', /0 clusters and of 2/);
});
