import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CustomFeature, ModelSpec } from '../../../fiddler/client/index.js';
import {
  checkSameOrigin,
  readCentroids,
  serverCentroids,
  serverNumbers,
  writeCentroids,
} from '../../../fiddler/publish/index.js';
import { assert, refusal, runCliTo, temporaryFolder, test } from '../../support/test.js';
import { madeBatch, tableSchema, writeEvents } from './events-fixture.js';

const folder = temporaryFolder();
const CENTROIDS = [
  [4, 0, 0, 0, 0, 0],
  [0, 4, 0, 0, 0, 0],
  [0, 0, 4.25, 0, 0, -1e-7],
];

const feature = (known: Partial<CustomFeature> = {}): CustomFeature => ({
  ...{ name: 'image_feature', type: 'FROM_IMAGE_EMBEDDING', n_clusters: 3, centroids: CENTROIDS },
  ...{ column: 'embeddings', source_column: 'image_url', ...known },
});

const enrichment: CustomFeature = {
  name: 'Centroid Distance (image_feature)',
  type: 'ENRICHMENT',
  enrichment: 'centroid_distance',
  columns: ['image_feature'],
  config: { cf: { name: 'image_feature', n_clusters: 3, centroids: CENTROIDS, tf_idf: null } },
};

function spec(...custom_features: CustomFeature[]): ModelSpec {
  return { schema_version: 1, inputs: [], outputs: [], targets: [], decisions: [], metadata: [], custom_features };
}

test('centroids are found in the feature, or in the enrichment that a server adds', () => {
  const expected = { feature: 'image_feature', column: 'embeddings', centroids: CENTROIDS };
  assert.equal(serverCentroids(spec(feature())), expected);
  assert.equal(serverCentroids(spec(feature({ centroids: null }), enrichment)), expected);
  assert.equal(serverCentroids(spec(feature(), enrichment)), expected, 'both: once');
  assert.equal(serverCentroids(spec(enrichment)), { ...expected, column: null });
  assert.is(serverCentroids(spec(feature({ centroids: null }))), null);
  assert.is(serverCentroids(spec()), null);
});

test('of two features with centroids one must be named', async () => {
  const two = spec(feature(), feature({ name: 'other', centroids: [[1, 2]] }));
  assert.match((await refusal('CENTROIDS_AMBIGUOUS', () => serverCentroids(two))).message, /image_feature, other/);
  assert.equal(serverCentroids(two, 'other')!.centroids, [[1, 2]]);
  assert.is(serverCentroids(two, 'third'), null);
});

test('a file holds them to the last bit, and what they are of', async () => {
  const path = join(folder, 'm.centroids.json');
  const file = {
    ...serverCentroids(spec(feature()))!,
    ...{ project: 'p', model: 'm', version: 'v2', weightsSha256: 'a'.repeat(64), tap: 'fc.0', classes: ['a', 'b'] },
  };
  await writeCentroids(path, file);
  assert.equal(await readCentroids(path), file);
  const first = readFileSync(path, 'utf8');
  await writeCentroids(path, file);
  assert.is(readFileSync(path, 'utf8'), first, 'twice the same bytes');
});

test('a model as the API gives it, in its envelope or bare, and a bare list are read too', async () => {
  const model = { id: 'x', name: 'resnet18', version: 'v1', spec: { custom_features: [feature()] } };
  for (const [name, value] of Object.entries({ bare: model, envelope: { kind: 'NORMAL', data: model } })) {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(value));
    const found = await readCentroids(path);
    assert.equal([found.centroids, found.model, found.version], [CENTROIDS, 'resnet18', 'v1'], name);
  }
  writeFileSync(join(folder, 'list.json'), JSON.stringify(CENTROIDS));
  assert.equal((await readCentroids(join(folder, 'list.json'))).centroids, CENTROIDS);
});

test('what is not a file of centroids is refused, and says why', async () => {
  const cases: [string, unknown, RegExp][] = [
    ['CENTROIDS_MISSING', { spec: { custom_features: [feature({ centroids: null })] } }, /has no centroids/],
    ['CENTROIDS_MISSING', 5, /has no centroids/],
    ['CENTROIDS_MISSING', { spec: { custom_features: [null, 7] } }, /has no centroids/],
    ['CENTROIDS_MALFORMED', [[1, 2], [3]], /centroid 1 has 1 values, centroid 0 has 2/],
    ['CENTROIDS_MALFORMED', JSON.parse('[[1, 2], [3, "x"]]'), /value 1 of centroid 1 is "x"/],
    ['CENTROIDS_MALFORMED', [], /0 rows/],
    ['CENTROIDS_MALFORMED', [[]], /1 rows, the first of 0 values/],
    ['CENTROIDS_UNREADABLE', { format: 'image-drift/centroids', version: 2 }, /version 2/],
  ];
  for (const [i, [code, value, message]] of cases.entries()) {
    const path = join(folder, `bad${i}.json`);
    writeFileSync(path, JSON.stringify(value));
    assert.match((await refusal(code, () => readCentroids(path))).message, message);
  }
  writeFileSync(join(folder, 'torn.json'), '{"spec":');
  await refusal('CENTROIDS_UNREADABLE', () => readCentroids(join(folder, 'torn.json')));
  await refusal('FILE_NOT_FOUND', () => readCentroids(join(folder, 'none.json')));
});

test('numbers are the square root with natural logarithm, and PSI with one row more in every bin', () => {
  // Both formulas written out in Python, outside of this package.
  const { jsd, psi } = serverNumbers([10, 30, 60], [20, 20, 60]);
  assert.ok(Math.abs(jsd - 0.1163134997643957) < 1e-12, `${jsd}`);
  assert.ok(Math.abs(psi - 0.10059144967832773) < 1e-12, `${psi}`);
  assert.ok(Math.abs(serverNumbers([5, 0], [0, 5]).jsd - Math.sqrt(Math.LN2)) < 1e-15, 'disjoint');
});

test('events of another network, layer or set of classes are refused', async () => {
  const known = { centroids: CENTROIDS, weightsSha256: 'a'.repeat(64), tap: 'fc.0', classes: ['a', 'b'] };
  const events = { dimensions: 6, weightsSha256: 'a'.repeat(64), tap: 'fc.0', classes: ['a', 'b'] };
  checkSameOrigin(events, known, 'e', 'm');
  checkSameOrigin({ dimensions: 6, weightsSha256: null, tap: null, classes: [] }, known, 'e', 'm');
  for (const [code, change] of [
    ['EVENTS_OTHER_DIMENSIONS', { dimensions: 5 }],
    ['EVENTS_OTHER_WEIGHTS', { weightsSha256: 'b'.repeat(64) }],
    ['EVENTS_OTHER_TAP', { tap: 'layer4' }],
    ['EVENTS_OTHER_CLASSES', { classes: ['b', 'a'] }],
  ] as const) {
    await refusal(code, () => checkSameOrigin({ ...events, ...change }, known, 'e', 'm'));
  }
});

/** Rows of an embedding by nearest centroid, as plainly as it can be written. */
function plainCounts(rows: number, seed: number, shift: number): number[] {
  const schema = tableSchema();
  const { embeddings } = madeBatch(schema, { rows, seed, shift });
  const counts = CENTROIDS.map(() => 0);
  for (let row = 0; row < rows; row++) {
    const distances = CENTROIDS.map((centroid) =>
      centroid.reduce((sum, value, i) => sum + (value - embeddings[row * schema.dimensions + i]!) ** 2, 0),
    );
    counts[distances.indexOf(Math.min(...distances))]!++;
  }
  return counts;
}

test('drift --centroids tells the number that Fiddler will chart', async () => {
  const ends = (status: number, words: string, says?: string) => runCliTo(status, words, says, { cwd: folder });
  await writeEvents(join(folder, 'reference.parquet'), { rows: 600, seed: 11 });
  await writeEvents(join(folder, 'shifted.parquet'), { rows: 400, seed: 12, shift: 4 });
  ends(0, 'baseline reference.parquet --clusters 2');
  writeFileSync(join(folder, 'c.json'), JSON.stringify(CENTROIDS));
  const drift = 'drift shifted.parquet --baseline profile.json';

  const events = '--baseline-events reference.parquet';
  const { fiddler } = JSON.parse(ends(0, `${drift} --centroids c.json ${events} --json`).stdout);
  const [baseline, window] = [plainCounts(600, 11, 0), plainCounts(400, 12, 4)];
  assert.equal(fiddler, {
    centroids: 'c.json',
    feature: 'embedding',
    clusters: 3,
    base: 'e',
    baseline_rows: 600,
    windows: [{ name: 'shifted', rows: 400, ...serverNumbers(baseline, window), histogram: { baseline, window } }],
  });
  assert.ok(fiddler.windows[0].jsd > 0.05, 'there is something to see');

  const table = ends(0, `${drift} --centroids c.json ${events}`).stdout;
  assert.match(table, /Fiddler JSD +Fiddler PSI +our JS distance/);
  assert.ok(table.includes(fiddler.windows[0].jsd.toFixed(4)), table);
  assert.is(JSON.parse(ends(0, `${drift} --json`).stdout).fiddler, null, 'not asked for');

  ends(2, `${drift} --centroids c.json`, 'needs --baseline-events');
  writeFileSync(join(folder, 'five.json'), JSON.stringify([[1, 2, 3, 4, 5]]));
  const other = ends(4, `${drift} --centroids five.json ${events} --json`);
  assert.is(JSON.parse(other.stderr).error.code, 'EVENTS_OTHER_DIMENSIONS');
});
