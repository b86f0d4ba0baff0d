/** Embeddings of other tools (make_other_tools.py). Columns that are no scores keep their types, and stay no scores. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CarriedValue, EventSource, OpenEventsOptions } from '../../data/index.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';
import { collectEvents, readEvents, withEvents } from './support/event-tables.js';

const folder = join(fixtures, 'data', 'other-tools');
const expected: Record<string, CarriedValue[]> & { embeddings: number[][] } = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
);
const ROWS = 250;

function opened<T>(name: string, options: OpenEventsOptions, use: (events: EventSource) => Promise<T>): Promise<T> {
  return withEvents(join(folder, name), options, use);
}

const TYPES = { site: 'string', serial: 'string', id: 'integer', price: 'float', night: 'boolean', seen: 'timestamp' };
const NAMES = ['site', 'serial', 'id', 'price', 'night', 'seen', 'prob_cat', 'prob_dog'];

const TABLES: [name: string, embeddingColumn: string, others: string[]][] = [
  ['list.parquet', 'features', ['boxes']],
  ['wide.parquet', 'e*', []],
  ['wide.csv', 'e*', []],
];

for (const [name, embeddingColumn, others] of TABLES) {
  test(`${name}: embeddings in order; all else is carried with its type, and is no score`, async () => {
    await opened(name, { embeddingColumn }, async (events) => {
      assert.is(events.schema.dimensions, 12);
      assert.equal(events.schema.classes, []);
      const types = (events.schema.carried ?? []).map((column) => [column.name, column.type]);
      const wanted = { ...TYPES, prob_cat: 'float', prob_dog: 'float' };
      assert.equal(types, [...Object.entries(wanted), ...others.map((other) => [other, 'other'])]);
      const { embeddings, scores, carried } = await collectEvents(events);
      assert.equal(embeddings, Float32Array.from(expected.embeddings.flat()));
      assert.is(scores.length, 0);
      assert.equal([...carried.keys()], NAMES);
      for (const column of NAMES) {
        const told = (carried.get(column) as CarriedValue[]).map((value) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        assert.equal(told, expected[column], column);
      }
      if (!name.endsWith('.csv')) assert.is(events.rows, ROWS);
    });
  });
}

test('npy: the array is the embeddings', async () => {
  await opened('bare.npy', {}, async (events) => {
    assert.equal([events.rows, events.schema.dimensions, events.schema.classes], [ROWS, 12, []]);
    const { embeddings } = await collectEvents(events);
    assert.equal(embeddings, Float32Array.from(expected.embeddings.flat()));
  });
});

test('npz: any key, scores under any key, an array of Python objects beside', async () => {
  await opened('keys.npz', { embeddingColumn: 'features', scores: ['softmax'] }, async (events) => {
    assert.equal(events.schema.classes, ['class_0', 'class_1']);
    assert.equal(events.schema.carried, [
      { name: 'site', type: 'string' },
      { name: 'id', type: 'integer' },
      { name: 'night', type: 'boolean' },
      { name: 'anything', type: 'other' },
    ]);
    const { embeddings, scores, carried } = await collectEvents(events);
    assert.equal(embeddings, Float32Array.from(expected.embeddings.flat()));
    assert.is(scores[0], Math.fround(expected['prob_cat']![0] as number));
    assert.equal(carried.get('site'), expected['site']);
    assert.equal(carried.get('night'), expected['night']);
  });
  const error = await refusal('EVENTS_NO_EMBEDDINGS', () => opened('keys.npz', {}, collectEvents));
  assert.match(error.hint ?? '', /--embedding-column features/);
  await refusal('NPY_OBJECT_ARRAY', () => opened('keys.npz', { embeddingColumn: 'anything' }, collectEvents));
});

test('scores: those that are named, with a pattern too; those that are known and are distributions', async () => {
  const classesOf = (options: OpenEventsOptions) =>
    opened('wide.csv', { embeddingColumn: 'e*', ...options }, async ({ schema }) => schema.classes);
  assert.equal(await classesOf({ scores: ['prob_*'] }), ['cat', 'dog']);
  assert.equal(await classesOf({ scores: ['prob_dog', 'prob_cat'] }), ['prob_dog', 'prob_cat']);
  assert.equal(await classesOf({ knownClasses: ['prob_dog', 'prob_cat'] }), ['prob_dog', 'prob_cat']);
  assert.equal(await classesOf({ knownClasses: ['prob_dog', 'prob_cow'] }), [], 'one of them is no column');
  assert.equal(await classesOf({ knownClasses: ['price', 'prob_cat'] }), [], 'no distribution');
  const known = { embeddingColumn: 'features', knownClasses: ['prob_cat', 'prob_dog'] };
  await opened('list.parquet', known, async (events) => {
    assert.equal(events.schema.classes, ['prob_cat', 'prob_dog']);
    assert.equal((await collectEvents(events)).scores.slice(0, 2), Float32Array.of(0.76, 0.24));
  });
  await refusal('EVENTS_COLUMN_MISSING', () => classesOf({ scores: ['p_*'] }), /no column is named "p_\*" among "e1"/);
});

test('what begins as a distribution and is none later is refused, with the way to say that they are scores', async () => {
  const path = join(temporaryFolder(), 'late.csv');
  const rows = Array.from({ length: 150 }, (_, i) => `"[${i}, 1]",${i === 140 ? '3,4' : '0.25,0.75'}`);
  writeFileSync(path, ['embeddings,a,b', ...rows].join('\n'));
  const error = await refusal('EVENTS_NOT_SCORES', () => readEvents(path, { knownClasses: ['a', 'b'] }));
  assert.match(error.message, /line 142: "a", "b" .* add up to 7/);
  assert.match(error.hint ?? '', /--scores a,b/);
  assert.is((await readEvents(path, { scores: ['a', 'b'] })).events.scores.length, 300);
});

test('a wide table without the flag: the hint is the flag', async () => {
  for (const name of ['wide.csv', 'wide.parquet']) {
    const error = await refusal('EVENTS_NO_EMBEDDINGS', () => opened(name, {}, collectEvents));
    assert.match(error.hint ?? '', /12 columns .* --embedding-column 'e\*'/, name);
  }
  const list = await refusal('EVENTS_NO_EMBEDDINGS', () => opened('list.parquet', {}, collectEvents));
  assert.match(list.hint ?? '', /--embedding-column features/);
});

test('a wide table with a gap, or a value missing', async () => {
  const path = join(temporaryFolder(), 'gap.csv');
  const read = async () => {
    return (await readEvents(path, { embeddingColumn: 'e*' })).events;
  };
  writeFileSync(path, 'e0,e1,e3\n1,2,3\n');
  await refusal('EVENTS_COLUMN_MISSING', read, /"e1" and "e3".* 2 is missing/);
  writeFileSync(path, 'e0,e1\n1,2\n1,\n');
  assert.match((await refusal('EVENTS_VECTOR_NULL', read)).message, /line 3 column e1/);
  writeFileSync(path, 'e0,e1\n1,2\n1,high\n');
  assert.match((await refusal('EVENTS_NOT_NUMERIC', read)).message, /line 3 column e1.*"high"/);
});
