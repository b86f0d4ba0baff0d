/** Wrong event tables: each gets its code, and a message with the place and the two values that disagree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { METADATA_COLUMN } from '../../data/events/event-columns.js';
import { metadataJson } from '../../data/events/event-metadata.js';
import { parquetColumns } from '../../data/events/parquet-columns.js';
import { openEventWriter } from '../../data/index.js';
import { ParquetOutput } from '../../data/parquet/output.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';
import { plainSchema, randomBatch, readEvents, writeEvents } from './support/event-tables.js';

const folder = temporaryFolder();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const CSV = 'embeddings,plane,target,timestamp\n"[0.1, 0.2]",0.5,plane,1762500000000\n';
const csvCases: [what: string, content: string, code: string, says: RegExp][] = [
  ['empty', '', 'EVENTS_EMPTY', /no rows/],
  ['header alone', 'embeddings,plane\n', 'EVENTS_EMPTY', /no rows/],
  ['no embeddings', 'embedings,plane\n"[1]",0.5\n', 'EVENTS_NO_EMBEDDINGS', /"embedings", "plane"/],
  ['a column twice', 'embeddings,a,a\n"[1]",1,2\n', 'EVENTS_COLUMN_TWICE', /"a"/],
  ['fields missing', `${CSV}"[0.1, 0.2]",0.5\n`, 'CSV_FIELDS', /line 3: 2 fields, the header has 4/],
  [
    'another length',
    `${CSV}"[0.1, 0.2, 0.3]",0.5,,\n`,
    'EVENTS_VECTOR_LENGTH',
    /line 3: .* 3 values, the others have 2/,
  ],
  ['null vector', `${CSV},0.5,,\n`, 'EVENTS_VECTOR_NULL', /line 3/],
  ['word in a vector', `${CSV}"[0.1, x]",0.5,,\n`, 'EVENTS_NOT_NUMERIC', /line 3.*entry 1 is "x"/],
  ['abbreviated by numpy', `${CSV}[0.1 ... 0.2],0.5,,\n`, 'EVENTS_NOT_NUMERIC', /numpy abbreviated/],
  ['beyond float32', `${CSV}"[1e39, 0]",0.5,,\n`, 'EVENTS_NOT_FINITE', /line 3: entry 0/],
  [
    'seconds',
    `${CSV}"[0.1, 0.2]",0.5,,1762500000\n`,
    'EVENTS_TIMESTAMP',
    /line 3 column timestamp: 1762500000 looks like seconds/,
  ],
  [
    'no day',
    `${CSV}"[0.1, 0.2]",0.5,,2026-02-30\n`,
    'EVENTS_TIMESTAMP',
    /line 3 column timestamp: "2026-02-30" is not a date of the calendar/,
  ],
  ['open quote', `${CSV}"[0.1, 0.2],0.5,,\n`, 'CSV_QUOTE', /line 3.*never closed/],
  ['text behind a quote', `${CSV}"[0.1, 0.2]"x,0.5,,\n`, 'CSV_QUOTE', /line 3: field 1/],
];
for (const [what, content, code, says] of csvCases) {
  test(`csv: ${what}`, async () => {
    const error = await refusal(code, () => readEvents(file('bad.csv', content)));
    assert.match(error.message, says);
    assert.match(error.message, /bad\.csv/);
  });
}

test('csv: more columns than any table of events has', async () => {
  const names = Array.from({ length: 65_536 }, (_, i) => `c${i}`).join(',');
  const error = await refusal('EVENTS_TOO_MANY_COLUMNS', () => readEvents(file('wide.csv', `embeddings,${names}\n`)));
  assert.match(error.message, /65,537 columns, at most 65,536/);
});

test('csv: line numbers count the lines within quotes', async () => {
  const content = 'embeddings,target\n"[0.1\n 0.2]","two\nlines"\n"[0.1 0.2 0.3]",b\n';
  await refusal('EVENTS_VECTOR_LENGTH', () => readEvents(file('lines.csv', content)), /line 5:/);
});

test('csv and jsonl: not UTF-8, a line without end', async () => {
  await refusal('TEXT_NOT_UTF8', () =>
    readEvents(file('latin1.csv', Buffer.from(`${CSV}"[0.1, 0.2]",0.5,\xe9,\n`, 'latin1'))),
  );
  await refusal('TEXT_LINE_TOO_LONG', () => readEvents(file('long.jsonl', Buffer.alloc(33 * 1024 * 1024, 0x61))));
});

const JSONL = '{"embeddings": [0.1, 0.2], "plane": 0.5}\n';
const jsonlCases: [what: string, content: string, code: string, says: RegExp][] = [
  ['empty', '\n', 'EVENTS_EMPTY', /no rows/],
  ['cut off', `${JSONL}{"embeddings": [0.1`, 'JSONL_SYNTAX', /line 2/],
  ['one array of all', '[{"embeddings": [1]}]', 'JSONL_SYNTAX', /line 1: no object/],
  ['no embeddings', '{"vector": [1]}\n', 'EVENTS_NO_EMBEDDINGS', /"vector"/],
  ['another length', `${JSONL}{"embeddings": [0.1]}`, 'EVENTS_VECTOR_LENGTH', /line 2: .* 1 values, the others have 2/],
  ['vector missing', `${JSONL}{"plane": 0.5}`, 'EVENTS_VECTOR_NULL', /line 2/],
  ['null in a vector', `${JSONL}{"embeddings": [0.1, null]}`, 'EVENTS_VECTOR_NULL', /line 2: entry 1/],
  ['text in a vector', `${JSONL}{"embeddings": [0.1, "1"]}`, 'EVENTS_NOT_NUMERIC', /line 2: entry 1 .*"1"/],
  ['vector an object', `${JSONL}{"embeddings": {"0": 1}}`, 'EVENTS_NOT_NUMERIC', /line 2/],
  ['target an object', '{"embeddings": [1], "target": {"a": 1}}', 'EVENTS_NOT_TEXT', /line 1 column target/],
];
for (const [what, content, code, says] of jsonlCases) {
  test(`jsonl: ${what}`, async () => {
    assert.match((await refusal(code, () => readEvents(file('bad.jsonl', content)))).message, says);
  });
}

test('text: which columns are scores', async () => {
  const content =
    ',row,embeddings,plane,car,sure,word,image_stat_mean,target,Unnamed: 9\n' +
    '0,7,[1],0.5,,1,x,0.25,plane,0.1\n1,8,[2],1,0.5,0,y,0.75,car,0.2\n';
  const { schema } = await readEvents(file('scores.csv', content));
  assert.equal(schema.classes, [], 'nobody says which');
  assert.equal(
    schema.carried?.map(({ name, type }) => `${name} ${type}`),
    [' integer', 'row integer', 'plane float', 'car float', 'sure integer', 'word string', 'Unnamed: 9 float'],
  );
  const given = await readEvents(join(folder, 'scores.csv'), { scores: ['car', 'plane'] });
  assert.is(given.events.scores.join(), 'NaN,0.5,0.5,1');
  const error = await refusal('EVENTS_COLUMN_MISSING', () =>
    readEvents(join(folder, 'scores.csv'), { scores: ['plame'] }),
  );
  assert.is(error.hint, 'Is "plane" the column of "plame"?');
});

test('text: a word in a score column', async () => {
  const path = file('word.csv', `${CSV}"[0.1, 0.2]",high,,\n`);
  await refusal('EVENTS_NOT_NUMERIC', () => readEvents(path, { scores: ['plane'] }), /line 3 column plane.*"high"/);
});

test('parquet: garbage, cut off, empty, another format', async () => {
  const whole = readFileSync(join(fixtures, 'data', 'events', 'pandas.parquet'));
  await refusal('PARQUET_FORMAT', () => readEvents(file('empty.parquet', '')));
  await refusal('PARQUET_FORMAT', () => readEvents(file('text.parquet', CSV)));
  await refusal('PARQUET_DAMAGED', () => readEvents(file('half.parquet', whole.subarray(0, whole.length / 2))));
  const lying = Buffer.from(whole);
  lying.writeUInt32LE(0x7fffffff, lying.length - 8);
  await refusal('PARQUET_DAMAGED', () => readEvents(file('lying.parquet', lying)), /2,147,483,647 bytes promised/);
});

test('npz: labels outside the classes, rows that disagree, no embeddings', async () => {
  const error = await refusal('EVENTS_NO_EMBEDDINGS', () =>
    readEvents(join(fixtures, 'data', 'events-bad', 'images.npz')),
  );
  assert.match(error.message, /"arr_0", "arr_1"/);
  await refusal('EVENTS_LABEL', () => readEvents(join(fixtures, 'data', 'events-bad', 'label.npz')));
  await refusal('EVENTS_ARRAY', () => readEvents(join(fixtures, 'data', 'events-bad', 'rows.npz')));
});

test('parquet: all score columns dropped, the metadata kept: embeddings without scores', async () => {
  const whole = plainSchema;
  const bare = { ...whole, classes: [] };
  const columns = parquetColumns(bare);
  const parquet = new ParquetOutput(
    [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)],
    [{ key: METADATA_COLUMN, value: metadataJson(whole) }],
  );
  const batch = randomBatch(bare, 3, new Random(7));
  for (const column of columns) column.append(batch, 0, 3);
  parquet.writeGroup(
    3,
    columns.map((column) => (writer) => column.write(writer)),
  );
  parquet.finish();
  const { schema, events } = await readEvents(file('dropped.parquet', parquet.take()));
  assert.equal(schema.classes, []);
  assert.is(schema.tap, whole.tap);
  assert.is(events.scores?.length ?? 0, 0);
  assert.is(events.embeddings.join(), batch.embeddings.join());
});

const parquetCases: [name: string, code: string, says: RegExp][] = [
  ['no-embeddings.parquet', 'EVENTS_NO_EMBEDDINGS', /"embedding", "target"/],
  ['mixed-lengths.parquet', 'EVENTS_VECTOR_LENGTH', /row 2: a vector of 3 values, the others have 2/],
  ['null-vector.parquet', 'EVENTS_VECTOR_NULL', /row 1: the vector is null/],
  ['null-value.parquet', 'EVENTS_VECTOR_NULL', /row 1: a value of the vector is null/],
  ['null-value-first.parquet', 'EVENTS_VECTOR_NULL', /row 0: a value of the vector is null/],
  ['empty-vector.parquet', 'EVENTS_VECTOR_LENGTH', /row 1: a vector of 0 values, the others have 2/],
  ['nan.parquet', 'EVENTS_NOT_FINITE', /row 1: value 0/],
  ['text-vector.parquet', 'EVENTS_COLUMN_TYPE', /BYTE_ARRAY in 0 lists/],
  ['strings-vector.parquet', 'EVENTS_COLUMN_TYPE', /BYTE_ARRAY in 1 lists/],
  ['matrix.parquet', 'EVENTS_COLUMN_TYPE', /in 2 lists/],
  ['no-rows.parquet', 'EVENTS_EMPTY', /no rows/],
  ['seconds.parquet', 'EVENTS_TIMESTAMP', /row 0: 1762500000 looks like seconds/],
  ['classes-missing.parquet', 'EVENTS_COLUMN_MISSING', /1 of 2 classes: "car"/],
  ['metadata.parquet', 'EVENTS_METADATA', /image_drift/],
];
for (const [name, code, says] of parquetCases) {
  test(`parquet: ${name}`, async () => {
    assert.match((await refusal(code, () => readEvents(join(fixtures, 'data', 'events-bad', name)))).message, says);
  });
}

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
