import { countNearest, fitProfile, project, RankedRows } from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, test } from '../support/test.js';
import { mixture, pluck, refused, slice } from './support.js';

const ROWS = 300;
const all = mixture(600 + ROWS, 6, 4, 1);
const baseline = slice(all, 0, 600);
const window = slice(all, 600, 600 + ROWS);
// One row is far from everything.
for (let i = 0; i < 6; i++) window.data[17 * 6 + i] = 100 + i;
const profile = fitProfile({ embeddings: baseline }, {}, { clusters: 3, seed: 5 });
const { sample, projection } = profile.reference!;
const names = (from: number, to: number) => ({
  imageUrls: Array.from({ length: to - from }, (_, i) => `${from + i}.png`),
  eventIds: Array.from({ length: to - from }, () => null),
});

function ranked(most: number, parts: readonly (readonly [number, number])[]) {
  const rows = new RankedRows(profile, most);
  for (const [from, to] of parts) {
    const embeddings = slice(window, from, to);
    const rowNumbers = Array.from({ length: to - from }, (_, i) => from + i);
    rows.add('w', { embeddings, rowNumbers }, countNearest(profile.centroids, embeddings).labels, names(from, to));
  }
  return rows;
}

/** Distances to the kept baseline rows, ascending, each with the row's number. */
function distances(coordinates: ArrayLike<number>, without = -1): [distance: number, rowNumber: number][] {
  const { rows, columns, data } = sample.coordinates;
  return Array.from({ length: rows }, (_, place): [number, number] => {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += (coordinates[c]! - data[place * columns + c]!) ** 2;
    return [place === without ? Number.POSITIVE_INFINITY : Math.sqrt(sum), sample.rowNumbers[place]!];
  }).sort(([a], [b]) => a - b);
}

test('the fifth nearest row of the baseline decides', () => {
  const { columns, data } = project(projection, window);
  const expected = Array.from({ length: ROWS }, (_, row) => {
    const near = distances(data.subarray(row * columns, (row + 1) * columns));
    return { row, distance: near[4]![0], nearestRow: near[0]![1] };
  }).sort((a, b) => b.distance - a.distance || a.row - b.row);
  const found = ranked(ROWS, [[0, ROWS]]).ranked();
  assert.equal(
    found.map(({ rowNumber, nearestRow }) => [rowNumber, nearestRow]),
    expected.map(({ row, nearestRow }) => [row, nearestRow]),
  );
  for (const [i, { distance }] of found.entries()) assert.ok(Math.abs(distance - expected[i]!.distance) < 1e-9);
  assert.is(found[0]!.rowNumber, 17);
  assert.is(found[0]!.imageUrl, '17.png');
});

test('the share is that of baseline rows at least as far from the others', () => {
  const { rows, columns, data } = sample.coordinates;
  const own = Array.from({ length: rows }, (_, row) => {
    return distances(data.subarray(row * columns, (row + 1) * columns), row)[4]![0];
  });
  for (const { distance, share } of ranked(ROWS, [[0, ROWS]]).ranked()) {
    assert.is(share, (1 + own.filter((other) => other >= distance).length) / (1 + rows));
  }
  assert.is(ranked(1, [[0, ROWS]]).ranked()[0]!.share, 1 / (1 + rows));
});

test('batches make no difference, and the most unlike are those of all rows', () => {
  const whole = ranked(ROWS, [[0, ROWS]]).ranked();
  const parts = Array.from({ length: 30 }, (_, i) => [10 * i, 10 * i + 10] as const);
  for (const most of [1, 7, 100]) {
    const some = ranked(most, parts);
    assert.equal(some.ranked(), whole.slice(0, most));
    assert.is(some.seen, ROWS);
  }
});

test('rows of a window without change are as unlike as those of the baseline', () => {
  const shares = ranked(ROWS, [[0, ROWS]])
    .ranked()
    .map(({ share }) => share);
  const mean = totalOf(shares) / ROWS;
  assert.ok(mean > 0.4 && mean < 0.6, `${mean}`);
});

test('a row that is not finite is not ranked', () => {
  const broken = { rows: 2, columns: 6, data: window.data.slice(0, 12) };
  broken.data[3] = Number.NaN;
  const rows = new RankedRows(profile, 5);
  rows.add('w', { embeddings: broken }, Int32Array.of(-1, 0), names(0, 2));
  assert.equal(pluck(rows.ranked(), 'imageUrl'), ['1.png']);
});

test('a baseline that keeps no rows is refused', () => {
  refused(() => new RankedRows({ ...profile, reference: null, rows: 12 }, 5), 'BASELINE_TOO_SMALL', /of 12 rows/);
});
