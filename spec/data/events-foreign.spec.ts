/** Event tables written by pandas, pyarrow, polars, DuckDB and numpy (see make_events.py): every file in the folder. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import type { OpenEventsOptions } from '../../data/index.js';
import { assert, fixtures, readFixture, refusal, temporaryFolder, test } from '../support/test.js';
import { plainSchema, randomBatch, readEvents, withEvents, writeEvents } from './support/event-tables.js';

interface Expected {
  classes: string[];
  embeddings: number[][];
  scores: number[][];
  target: (string | null)[];
  image_url: string[];
  timestamp: number[];
}

const folder = join(fixtures, 'data', 'events');
const expected = readFixture<Expected>('data', 'events', 'expected.json');
const index = readFixture<Record<string, { without: string[]; rounded: boolean }>>('data', 'events', 'index.json');
const tables = readdirSync(folder).filter((name) => name !== 'expected.json' && name !== 'index.json');

test('every fixture is described', () => {
  assert.equal(tables, Object.keys(index).sort());
});

for (const name of tables) {
  const { without, rounded } = index[name] ?? { without: [], rounded: false };
  test(`reads ${name}`, async () => {
    const { schema, rows, events } = await readEvents(join(folder, name), { knownClasses: expected.classes });
    const nulls = expected.target.map(() => null);
    assert.is(schema.dimensions, 5);
    assert.equal(schema.classes, without.includes('classes') ? ['class_0', 'class_1', 'class_2'] : expected.classes);
    const embeddings = Float32Array.from(expected.embeddings.flat());
    if (rounded) assert.ok(events.embeddings.every((value, i) => Math.abs(value - (embeddings[i] as number)) < 1e-8));
    else assert.equal(events.embeddings, embeddings);
    assert.equal(events.scores, Float32Array.from(expected.scores.flat()));
    assert.equal(events.targets, without.includes('target') ? nulls : expected.target);
    assert.equal(events.imageUrls, without.includes('image_url') ? nulls : expected.image_url);
    assert.equal(events.timestamps, without.includes('timestamp') ? nulls : expected.timestamp);
    assert.equal(events.eventIds, nulls);
    if (rows !== null) assert.is(rows, 7);
  });
}

test('several labels may hold only where somebody says so, and where embed has not written that one does', async () => {
  const { classes } = expected;
  for (const name of ['pandas.parquet', 'numpy.npz']) {
    const thresholdsOf = (options: OpenEventsOptions) =>
      withEvents(join(folder, name), options, async ({ schema }) => schema.thresholds);
    const scores = name.endsWith('.npz') ? undefined : classes;
    assert.is(await thresholdsOf({ scores }), undefined, name);
    assert.equal(await thresholdsOf({ scores, multiLabel: true }), [0.5, 0.5, 0.5], name);
  }
  const path = join(temporaryFolder(), 'softmax.parquet');
  const random = new Random(1);
  await writeEvents(path, plainSchema, [randomBatch(plainSchema, 3, random)]);
  const { message } = await refusal('EVENTS_ONE_CLASS', () => readEvents(path, { multiLabel: true }));
  assert.match(message, `${path}: the network gave a softmax`);
  const tagger = { ...plainSchema, classes: ['a', 'b', 'c'], thresholds: [0.2, 0.5, 0.7], hasTargets: false };
  await writeEvents(path, tagger, [randomBatch(tagger, 3, random)]);
  assert.equal((await readEvents(path)).schema.thresholds, [0.2, 0.5, 0.7]);
  assert.equal((await readEvents(path, { scores: ['c', 'a'] })).schema.thresholds, [0.7, 0.2]);
});

test('reads only the columns that are asked for', async () => {
  await withEvents(join(folder, 'pandas.parquet'), {}, async (source) => {
    for await (const batch of source.batches({ columns: ['targets'] })) {
      assert.equal(batch.targets, expected.target);
      assert.is(batch.scores, null);
      assert.equal(batch.timestamps, new Array(7).fill(null));
    }
  });
});
