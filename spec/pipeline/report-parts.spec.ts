import type { Profile, Reference, SegmentReport, WindowSummary } from '../../drift/index.js';
import { clusterNames, predictedClasses, statisticChanges } from '../../pipeline/report/clusters.js';
import { barely } from '../report/sample-data.js';
import { assert, test } from '../support/test.js';

/** Rows on a line, clusters at 0, 10, 20 and 30. @param rows of each cluster, by the index of their class */
function profileOf(rows: readonly (readonly number[])[]) {
  const places = rows.flatMap((classes, cluster) => classes.map(() => 10 * cluster));
  const sample = {
    coordinates: { rows: places.length, columns: 1, data: Float64Array.from(places) },
    predicted: Int32Array.from(rows.flat()),
  };
  const projection = {
    mean: Float64Array.of(0),
    components: { rows: 1, columns: 1, data: Float64Array.of(1) },
  };
  return {
    reference: { sample, projection } as unknown as Reference,
    centroids: { rows: rows.length, columns: 1, data: Float64Array.from(rows, (_, cluster) => 10 * cluster) },
    classes: ['cat', 'dog', 'car'],
  };
}

test('one class, two, several, and too little to tell', () => {
  const profile = profileOf([
    [0, 0, 0, 0, 1],
    [1, 1, 1, 2, 2, 2],
    [0, 0, 1, 1, 2, 2, -1],
    [0, 0, 0],
  ]);
  assert.equal(clusterNames(profile), ['mostly cat', 'dog and car', 'cat and dog', null]);
  const mixed = { ...profileOf([[0, 1, 2, 3, 4, 0]]), classes: ['a', 'b', 'c', 'd', 'e'] };
  assert.equal(clusterNames(mixed), ['a, b and others']);
});

test('nothing is known without predictions, classes or a reference', () => {
  const profile = profileOf([
    [-1, -1, -1, -1, -1],
    [0, 0, 0, 0, 0],
  ]);
  assert.equal(clusterNames(profile), [null, 'mostly cat']);
  assert.equal(clusterNames({ ...profile, classes: [] }), [null, null]);
  assert.equal(clusterNames({ ...profile, reference: null }), [null, null]);
});

// Classes of a window: shares, Fréchet distance where rows are enough, accuracy of those that are segments.

const shares = { baseline: [0.5, 0.5], window: [0.75, 0.25] };

test('what the methods and the segments know of a class', () => {
  const js = barely().drift.windows[0]!.methods['js']!;
  const labels = [{ label: 'dog', rows: 25, value: 3.5, band: [0, 1], p: 0.01, p_adjusted: 0.02 }];
  const frechet = { ...js, base: null, details: { labels } };
  const segment = { by: 'class', value: 'cat', accuracy: 0.8 } as SegmentReport;
  const camera = { by: 'camera', value: 'dog', accuracy: 0.1 } as SegmentReport;
  assert.equal(predictedClasses(['cat', 'dog'], shares, { methods: { frechet }, segments: [camera, segment] }), [
    { name: 'cat', baseline: 0.5, window: 0.75, frechet: null, accuracy: 0.8 },
    { name: 'dog', baseline: 0.5, window: 0.25, frechet: { value: 3.5, p: 0.02 }, accuracy: null },
  ]);
});

test('without the method and without segments, shares alone', () => {
  const classes = predictedClasses(['cat', 'dog'], shares, { methods: { frechet: null }, segments: null });
  assert.equal(
    classes.map(({ frechet, accuracy }) => [frechet, accuracy]),
    [
      [null, null],
      [null, null],
    ],
  );
});

// Which statistics of the images the report shows.

type Side = Record<string, { mean: number; variance: number }>;

const light = (mean: number): Side =>
  Object.fromEntries(['brightness', 'red', 'green', 'blue'].map((name) => [name, { mean, variance: 0.01 }]));

function shown(baseline: Side, window: Side): string[] {
  const [profile, summary] = [baseline, window].map((statistics) => ({ reference: { statistics } }));
  return statisticChanges(profile as unknown as Profile, summary as unknown as WindowSummary).map(({ name }) => name);
}

test('gray images show their brightness once, not again as red, green and blue', () => {
  const saturation = { mean: 0, variance: 0 };
  assert.equal(shown({ ...light(0.5), saturation }, { ...light(0.4), saturation }), ['brightness']);
});

test('where colour comes in or was never measured, the channels are shown', () => {
  const [gray, coloured] = [0, 0.1].map((mean) => ({ saturation: { mean, variance: 0.01 } }));
  assert.is(shown({ ...light(0.5), ...gray }, { ...light(0.4), ...coloured }).length, 5);
  assert.is(shown(light(0.5), light(0.4)).length, 4);
});
