/** Embeddings of other tools (make_other_tools.py). Columns that are no scores keep their types, and stay no scores. */
import { join } from 'node:path';
import type { CarriedValue, EventSource, OpenEventsOptions } from '../../data/index.js';
import { assert, fixtures, readFixture, refusal, test, written } from '../support/test.js';
import { collectEvents, readEvents, withEvents } from './support/event-tables.js';

const folder = join(fixtures, 'data', 'other-tools');
type Expected = Record<string, CarriedValue[]> & { embeddings: number[][] };
const expected = readFixture<Expected>('data', 'other-tools', 'expected.json');
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
        const values = carried.get(column) as CarriedValue[];
        const told = values.map((value) => (typeof value === 'bigint' ? String(value) : value));
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
  const says = { hint: /--embedding-column features/ };
  await refusal('EVENTS_NO_EMBEDDINGS', () => opened('keys.npz', {}, collectEvents), says);
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
  const rows = Array.from({ length: 150 }, (_, i) => `"[${i}, 1]",${i === 140 ? '3,4' : '0.25,0.75'}`);
  const path = written('late.csv', ['embeddings,a,b', ...rows].join('\n'));
  const says = { message: /line 142: "a", "b" .* add up to 7/, hint: /--scores a,b/ };
  await refusal('EVENTS_NOT_SCORES', () => readEvents(path, { knownClasses: ['a', 'b'] }), says);
  assert.is((await readEvents(path, { scores: ['a', 'b'] })).events.scores.length, 300);
});

test('a wide table without the flag: the hint is the flag', async () => {
  for (const name of ['wide.csv', 'wide.parquet']) {
    const says = { hint: /12 columns .* --embedding-column 'e\*'/ };
    await refusal('EVENTS_NO_EMBEDDINGS', () => opened(name, {}, collectEvents), says);
  }
  const says = { hint: /--embedding-column features/ };
  await refusal('EVENTS_NO_EMBEDDINGS', () => opened('list.parquet', {}, collectEvents), says);
});

test('a wide table with a gap, or a value missing', async () => {
  const read = (text: string) => readEvents(written('gap.csv', text), { embeddingColumn: 'e*' });
  await refusal('EVENTS_COLUMN_MISSING', () => read('e0,e1,e3\n1,2,3\n'), /"e1" and "e3".* 2 is missing/);
  await refusal('EVENTS_VECTOR_NULL', () => read('e0,e1\n1,2\n1,\n'), /line 3 column e1/);
  await refusal('EVENTS_NOT_NUMERIC', () => read('e0,e1\n1,2\n1,high\n'), /line 3 column e1.*"high"/);
});
