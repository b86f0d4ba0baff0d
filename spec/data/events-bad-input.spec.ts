import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { METADATA_COLUMN, writtenColumns } from '../../data/events/event-columns.js';
import { metadataJson } from '../../data/events/table-schema.js';
import { parquetColumn } from '../../data/events/write-events-parquet.js';
import { openEventWriter } from '../../data/index.js';
import { ParquetOutput } from '../../data/parquet/output.js';
import { assert, fixtures, readFixture, refusal, temporaryFolder, test, written } from '../support/test.js';
import { plainSchema, randomBatch, readEvents, writeEvents } from './support/event-tables.js';

const folder = temporaryFolder();

const CSV = 'embeddings,plane,target,timestamp\n"[0.1, 0.2]",0.5,plane,1762500000000\n';
interface Case {
  name: string;
  file: string;
  /** What is written into the file; without it, the file is a fixture. */
  content?: string;
  code: string;
  says: string;
}

const bad = join(fixtures, 'data', 'events-bad');
for (const { name, file, content, code, says } of readFixture<Case[]>('data', 'events-bad', 'cases.json')) {
  test(name, async () => {
    const path = content === undefined ? join(bad, file) : written(file, content);
    const { message } = await refusal(code, () => readEvents(path), new RegExp(says));
    assert.match(message, file);
  });
}

test('csv: more columns than any table of events has', async () => {
  const names = Array.from({ length: 65_536 }, (_, i) => `c${i}`).join(',');
  const wide = written('wide.csv', `embeddings,${names}\n`);
  await refusal('EVENTS_TOO_MANY_COLUMNS', () => readEvents(wide), /65,537 columns, at most 65,536/);
});

test('csv: line numbers count the lines within quotes', async () => {
  const content = 'embeddings,target\n"[0.1\n 0.2]","two\nlines"\n"[0.1 0.2 0.3]",b\n';
  await refusal('EVENTS_VECTOR_LENGTH', () => readEvents(written('lines.csv', content)), /line 5:/);
});

test('csv and jsonl: not UTF-8, a line without end', async () => {
  const latin1 = written('latin1.csv', Buffer.from(`${CSV}"[0.1, 0.2]",0.5,\xe9,\n`, 'latin1'));
  await refusal('TEXT_NOT_UTF8', () => readEvents(latin1));
  await refusal('TEXT_LINE_TOO_LONG', () => readEvents(written('long.jsonl', Buffer.alloc(33 * 1024 * 1024, 0x61))));
});

test('text: which columns are scores', async () => {
  const content =
    ',row,embeddings,plane,car,sure,word,image_stat_mean,target,Unnamed: 9\n' +
    '0,7,[1],0.5,,1,x,0.25,plane,0.1\n1,8,[2],1,0.5,0,y,0.75,car,0.2\n';
  const path = written('scores.csv', content);
  const { schema } = await readEvents(path);
  assert.equal(schema.classes, [], 'nobody says which');
  const carried = schema.carried?.map(({ name, type }) => `${name} ${type}`).join();
  assert.is(carried, ' integer,row integer,plane float,car float,sure integer,word string,Unnamed: 9 float');
  const given = await readEvents(path, { scores: ['car', 'plane'] });
  assert.is(given.events.scores.join(), 'NaN,0.5,0.5,1');
  const error = await refusal('EVENTS_COLUMN_MISSING', () => readEvents(path, { scores: ['plame'] }));
  assert.is(error.hint, 'Is "plane" the column of "plame"?');
});

test('text: a word in a score column', async () => {
  const path = written('word.csv', `${CSV}"[0.1, 0.2]",high,,\n`);
  await refusal('EVENTS_NOT_NUMERIC', () => readEvents(path, { scores: ['plane'] }), /line 3 column plane.*"high"/);
});

test('parquet: garbage, cut off, empty, another format', async () => {
  const whole = readFileSync(join(fixtures, 'data', 'events', 'pandas.parquet'));
  await refusal('PARQUET_FORMAT', () => readEvents(written('empty.parquet', '')));
  await refusal('PARQUET_FORMAT', () => readEvents(written('text.parquet', CSV)));
  await refusal('PARQUET_DAMAGED', () => readEvents(written('half.parquet', whole.subarray(0, whole.length / 2))));
  const lying = Buffer.from(whole);
  lying.writeUInt32LE(0x7fffffff, lying.length - 8);
  await refusal('PARQUET_DAMAGED', () => readEvents(written('lying.parquet', lying)), /2,147,483,647 bytes promised/);
});

test('npz: labels outside the classes, rows that disagree, no embeddings', async () => {
  await refusal('EVENTS_NO_EMBEDDINGS', () => readEvents(join(bad, 'images.npz')), /"arr_0", "arr_1"/);
  await refusal('EVENTS_LABEL', () => readEvents(join(bad, 'label.npz')));
  await refusal('EVENTS_ARRAY', () => readEvents(join(bad, 'rows.npz')));
});

test('parquet: all score columns dropped, the metadata kept: embeddings without scores', async () => {
  const bare = { ...plainSchema, classes: [] };
  const columns = writtenColumns(bare).map(parquetColumn);
  const parquet = new ParquetOutput(
    [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)],
    [{ key: METADATA_COLUMN, value: metadataJson(plainSchema) }],
  );
  const batch = randomBatch(bare, 3, new Random(7));
  for (const column of columns) column.append(batch, 0, 3);
  parquet.writeGroup(
    3,
    columns.map((column) => (writer) => column.write(writer)),
  );
  parquet.finish();
  const { schema, events } = await readEvents(written('dropped.parquet', parquet.take()));
  assert.equal(schema.classes, []);
  assert.is(schema.tap, plainSchema.tap);
  assert.is(events.scores?.length ?? 0, 0);
  assert.is(events.embeddings.join(), batch.embeddings.join());
});

const schemaCases: [what: string, change: object, name: string, code: string][] = [
  ['a class named target', { classes: ['plane', 'target'] }, 'a.parquet', 'EVENTS_CLASS_NAME'],
  ['a class named like image statistics', { classes: ['image_stat_mean'] }, 'a.csv', 'EVENTS_CLASS_NAME'],
  ['a class without a name', { classes: [''] }, 'a.csv', 'EVENTS_CLASS_NAME'],
  ['a class twice', { classes: ['plane', 'plane'] }, 'a.npz', 'EVENTS_CLASS_NAME'],
  ['no dimensions', { dimensions: 0 }, 'a.jsonl', 'EVENTS_DIMENSIONS'],
  ['further taps outside npz', { extraTaps: new Map([['layer4', [2]]]) }, 'a.parquet', 'EVENTS_TAPS_NEED_NPZ'],
  ['a tap named like an array', { extraTaps: new Map([['scores', [2]]]) }, 'a.npz', 'EVENTS_TAP_NAME'],
  ['unknown format', {}, 'a.xlsx', 'EVENTS_FORMAT_UNKNOWN'],
];
for (const [what, change, name, code] of schemaCases) {
  test(`writing: ${what}`, async () => {
    await refusal(code, () => openEventWriter(join(folder, name), { ...plainSchema, ...change }));
  });
}

test('writing: seconds, arrays of another length, targets that are no class of an npz, a folder that is not there', async () => {
  const batch = randomBatch(plainSchema, 3, new Random(1));
  const write = (name: string, change: object) =>
    writeEvents(join(folder, name), plainSchema, [{ ...batch, ...change }]);
  await refusal('EVENTS_TIMESTAMP', () => write('a.csv', { timestamps: [1762500000, null, null] }));
  await refusal('EVENTS_BATCH_SHAPE', () => write('a.csv', { targets: ['plane'] }));
  await refusal('EVENTS_BATCH_SHAPE', () => write('a.csv', { scores: null }));
  await refusal('EVENTS_TARGET_NOT_A_CLASS', () => write('a.npz', { targets: ['plane', null, 'boat'] }));
  await refusal('EVENTS_TEXT_TOO_LONG', () => write('a.npz', { imageUrls: ['x'.repeat(5_000), null, null] }));
  await refusal('FILE_NOT_FOUND', () => write('missing/a.npz', {}));
});
