import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects, parquetSchema } from 'hyparquet';
import { eventColumns, parquetOf } from '../../../fiddler/publish/chunks/encode.js';
import { readChunks } from '../../../fiddler/publish/chunks/read-chunks.js';
import { type PublishEnvironment, planDays } from '../../../fiddler/publish/index.js';
import { DuplicateFinder } from '../../../fiddler/publish/plan/duplicates.js';
import { type PrepareOptions, preparePublish } from '../../../fiddler/publish/plan/prepare.js';
import { copyId, DAY_MS, dayStamp } from '../../../fiddler/publish/plan/timestamps.js';
import { planPublish } from '../../../fiddler/publish/preview.js';
import { type PublishContext, WRITE_LIMITS, waitBefore } from '../../../fiddler/publish/send/context.js';
import { confirmStored } from '../../../fiddler/publish/send/lookup.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { CLASSES, type EventOptions, modelOf, NOW, writeEvents } from './publish-support.js';

const PRODUCTION: PublishEnvironment = { type: 'PRODUCTION' };
const BASELINE: PublishEnvironment = { type: 'PRE_PRODUCTION', name: 'reference' };
const HOUR = 3_600_000;

function prepare(files: string[], options: Partial<PrepareOptions> = {}) {
  return preparePublish({ files, model: modelOf(), environment: PRODUCTION, now: NOW, ...options });
}

async function codes(files: string[], options: Partial<PrepareOptions> = {}) {
  const { problems } = await prepare(files, options);
  return problems.list().map(({ severity, code, count }) => [severity, code, count]);
}

const hourly = (row: number) => NOW - (row + 1) * HOUR;

test('files are cut into chunks of bounded rows, the first event alone, each with the times of its rows', async () => {
  const folder = temporaryFolder();
  const write = (name: string, rows: number) => writeEvents(folder, name, rows, { timestamp: hourly });
  const files = [await write('a', 25), await write('b', 10)];
  const { plan, problems } = await prepare(files, { rowsPerFile: 10 });
  assert.equal(problems.list(), []);
  const cut = plan.chunks.map(({ file, firstRow, rows }) => `${file} ${firstRow} ${rows}`);
  assert.equal(cut, ['0 0 1', '0 1 9', '0 10 10', '0 20 5', '1 0 10']);
  assert.equal(plan.chunks[2]?.times, { from: NOW - 20 * HOUR, to: NOW - 11 * HOUR });
  const read: string[] = [];
  for await (const { batch } of readChunks(plan, () => true)) read.push(...(batch.imageUrls as string[]));
  const urls = (name: string, rows: number) => Array.from({ length: rows }, (_, i) => `${name}/${i}.png`);
  assert.equal(read, [...urls('a', 25), ...urls('b', 10)]);
});

test('the same files give the same plan; other rows or options another', async () => {
  const folder = temporaryFolder();
  const a = await writeEvents(folder, 'a', 25, { timestamp: hourly });
  const { plan } = await prepare([a]);
  assert.is((await prepare([a])).plan.hash, plan.hash);
  assert.is.not((await prepare([a], { rowsPerFile: 5 })).plan.hash, plan.hash);
  assert.is.not((await prepare([a], { environment: BASELINE })).plan.hash, plan.hash);
  const b = await writeEvents(folder, 'b', 25, { timestamp: hourly, seed: 1 });
  assert.is.not((await prepare([b])).plan.hash, plan.hash);
});

test('spread as the quickstart: each day a sample without replacement, one time, ids of its own', async () => {
  const folder = temporaryFolder();
  const files = [await writeEvents(folder, 'w1', 50), await writeEvents(folder, 'week2', 50)];
  const timestamps = planDays({ days: 3, rowsPerDay: 20, seed: 7 });
  const { plan } = await prepare(files, { timestamps });
  assert.is(plan.rows, 2 * 3 * 20);
  const ids = new Set<string>();
  const seen = new Map<number, Set<string>>();
  for await (const { batch } of readChunks(plan, () => true)) {
    const [stamp] = new Set(batch.timestamps);
    assert.ok(batch.timestamps.every((time) => time === stamp));
    const drawn = [...(seen.get(stamp as number) ?? []), ...(batch.imageUrls as string[])];
    assert.is(new Set(drawn).size, drawn.length, 'without replacement');
    seen.set(stamp as number, new Set(drawn));
    for (const id of batch.eventIds) ids.add(id as string);
  }
  assert.is(ids.size, plan.rows, 'every copy is an event of its own');
  assert.ok([...seen.values()].every((rows) => rows.size === 20));
  const stamps = [7, 8, 9, 0, 1, 2].map((days) => NOW - days * DAY_MS);
  assert.equal([...seen.keys()], stamps, "the notebook's: now - (files - 1 - file) weeks - day");
  const again = await prepare(files, { timestamps: { ...timestamps, until: NOW }, now: NOW + 5 * HOUR });
  assert.is(again.plan.hash, plan.hash, 'a settled plan does not depend on the clock');
  const other = await prepare(files, { timestamps: planDays({ days: 3, rowsPerDay: 20, seed: 8 }) });
  assert.is.not(other.plan.hash, plan.hash);
});

test('days of files longer than a week do not overlap', () => {
  const plan = { days: 10, until: NOW };
  const stamps = [0, 1].flatMap((file) => Array.from({ length: 10 }, (_, day) => dayStamp(plan, 2, file, day)));
  assert.is(new Set(stamps).size, 20);
});

test('the id of a copy is fixed: programs elsewhere may have stored it', () => {
  // python3: f=lambda s: struct.pack('<I',len(s))+s; sha256(f(b'image-drift/event-copy/1')+f(b'ab')+f(b'1764072000000')).hexdigest()[:32]
  assert.is(copyId('ab', 1764072000000), '8fb2544b7b29965f2bd72c13a9e7543d');
});

test('more rows a day than there are', async () => {
  const file = await writeEvents(temporaryFolder(), 'w', 10);
  await refusal('PUBLISH_DAY_TOO_LARGE', () => prepare([file], { timestamps: planDays() }), /10 rows, 1,000/);
});

test("the uploaded file has the recordings' columns and types, then the id", async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 5, { timestamp: hourly });
  const { plan } = await prepare([file], { update: true });
  for await (const { batch } of readChunks(plan, () => true)) {
    const bytes = parquetOf(eventColumns(plan.columns, batch), batch.rows);
    const metadata = parquetMetadata(bytes.buffer as ArrayBuffer);
    const columns = parquetSchema(metadata).children.map((node) => {
      const leaf = node.children[0]?.children[0]?.element ?? node.element;
      return [node.element.name, node.element.converted_type ?? '', leaf.type, node.element.repetition_type];
    });
    assert.equal(columns, [
      ['embeddings', 'LIST', 'DOUBLE', 'OPTIONAL'],
      ...CLASSES.map((name) => [name, '', 'FLOAT', 'OPTIONAL']),
      ['target', 'UTF8', 'BYTE_ARRAY', 'OPTIONAL'],
      ['image_url', 'UTF8', 'BYTE_ARRAY', 'OPTIONAL'],
      ['timestamp', '', 'INT64', 'OPTIONAL'],
      ['event_id', 'UTF8', 'BYTE_ARRAY', 'OPTIONAL'],
    ]);
    const given = new Set(metadata.row_groups.flatMap((g) => g.columns.map((c) => c.meta_data?.codec)));
    assert.equal(given, new Set(['SNAPPY']));
    const rows = await parquetReadObjects({ file: bytes.buffer as ArrayBuffer });
    assert.is(rows.length, 5);
    assert.equal(rows[3]?.['embeddings'], [...batch.embeddings.subarray(24, 32)]);
    assert.is(rows[3]?.['timestamp'], BigInt(NOW - 4 * HOUR));
    assert.is(rows[3]?.['event_id'], batch.eventIds[3]);
    assert.is(rows[3]?.['bird'], batch.scores?.[32]);
  }
});

test('a baseline has no times', async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 5, { timestamp: hourly });
  const { plan } = await prepare([file], { environment: BASELINE });
  assert.is(plan.columns.timestamp, null);
  await refusal('PUBLISH_BASELINE_SPREAD', () => prepare([file], { environment: BASELINE, timestamps: planDays() }));
  await refusal('PUBLISH_BASELINE_STREAM', () => prepare([file], { environment: BASELINE, mode: 'stream' }));
});

test('each thing that is wrong with events is found before anything is sent, with file and row', async () => {
  const folder = temporaryFolder();
  const write = (name: string, options: EventOptions = {}) =>
    writeEvents(folder, name, 5, { timestamp: hourly, ...options });
  const good = await write('good');
  const yak = modelOf({ classes: [...CLASSES.slice(0, 9), 'yak'] });
  const onboarded = { weightsSha256: 'ef'.repeat(32) };
  const untimed = await writeEvents(folder, 'n', 5);
  const target = await write('t', { target: (row) => (row === 3 ? 'yak' : null) });
  const missing = await write('m', { timestamp: (row) => (row === 2 ? null : hourly(row)) });
  const future = await write('f', { timestamp: (row) => NOW + (row - 1) * HOUR });
  const twice = await write('i', { eventId: (row) => `id-${row % 4}` });
  const other = await write('w', { weights: 'cd'.repeat(32) });
  const cases: [string, string[], RegExp, Partial<PrepareOptions>?][] = [
    ['PUBLISH_DIMENSIONS', [await write('d', { dimensions: 4 })], /of 4 values, model resnet18 has 8/],
    ['PUBLISH_CLASSES', [good], /no scores for yak and scores for truck/, { model: yak }],
    ['PUBLISH_TARGET_UNKNOWN', [target], /t\.parquet row 3: label "yak"/],
    ['PUBLISH_NO_TIMESTAMPS', [untimed], /n\.parquet: no timestamps/],
    ['PUBLISH_TIMESTAMP_MISSING', [missing], /m\.parquet row 2/],
    ['PUBLISH_TIMESTAMP_FUTURE', [future], /f\.parquet row 2: .*2026-11-25T13:00/],
    ['PUBLISH_DUPLICATE_ID', [twice], /i\.parquet row 4: .* i?.*row 0/],
    ['PUBLISH_DUPLICATE_ID', [good, good], /good\.parquet row 0: has the same event_id as .*good\.parquet row 0/],
    ['PUBLISH_OTHER_WEIGHTS', [good, other], /cdcdcdcdcdcd…, .*good\.parquet with abababababab/],
    ['PUBLISH_OTHER_WEIGHTS', [good], /onboarded with efefefefefef/, onboarded],
  ];
  for (const [code, files, says, options] of cases) {
    const { problems } = await prepare(files, options);
    await refusal(code, () => problems.throwErrors(), { message: says, exitCode: 4 });
  }
});

test('events older than the retention, logits and missing labels are warned of', async () => {
  const folder = temporaryFolder();
  const old = await writeEvents(folder, 'old', 5, { timestamp: (row) => NOW - (89 + row) * DAY_MS });
  assert.equal(await codes([old]), [['warning', 'PUBLISH_TIMESTAMP_OLD', 3]]);
  assert.equal(await codes([old], { retentionDays: 200 }), []);
});

test('scores that rounding has put just outside of 0 and 1 are probabilities, as for drift; logits are not', async () => {
  const path = join(temporaryFolder(), 'scores.csv');
  const problemsOf = async (...scores: (readonly [number, number])[]) => {
    const lines = scores.map(([a, b]) => `0.5,1.5,${a},${b}`);
    writeFileSync(path, ['e0,e1,a,b', ...lines, ''].join('\n'));
    const columns = { embeddingColumn: 'e*', scores: ['a', 'b'] };
    return (await prepare([path], { model: null, environment: BASELINE, columns })).problems.list();
  };
  assert.equal(await problemsOf([1.0009765625, 0], [1, -0.0009]), []);
  const [logits] = await problemsOf([0.5, 0.5], [5.25, -3]);
  assert.is(logits?.count, 2);
  assert.match(logits?.message ?? '', 'scores.csv row 1: the score of a is 5.25; probabilities lie from 0 to 1');
  assert.match((await problemsOf([1.002, 0]))[0]?.message ?? '', 'the score of a is 1.002;');
});

test('times in seconds and an embedding with NaN are refused while reading', async () => {
  const path = join(temporaryFolder(), 'a.jsonl');
  const row = (extra: object) => `${JSON.stringify({ embeddings: [0.5, 1.5], a: 0.5, b: 0.5, ...extra })}\n`;
  writeFileSync(path, row({ timestamp: NOW }) + row({ timestamp: Math.round(NOW / 1000) }));
  await refusal('EVENTS_TIMESTAMP', () => prepare([path], { model: null }), /seconds/);
});

test('events without ids get the same ones at each run', async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 5, { timestamp: hourly, eventId: null });
  const idsOf = async () => {
    const { plan } = await prepare([file]);
    const all: unknown[] = [];
    for await (const { batch } of readChunks(plan, () => true)) all.push(...batch.eventIds);
    return all;
  };
  const ids = await idsOf();
  assert.is(new Set(ids).size, 5);
  assert.equal(await idsOf(), ids);
});

test('duplicates are found in bounded memory as well as in memory', async () => {
  for (const limit of [2 ** 20, 100]) {
    const finder = new DuplicateFinder(limit);
    for (let row = 0; row < 1_000; row++) await finder.add(`event ${row === 777 ? 5 : row}`, row % 3, row);
    assert.equal(await finder.find(10), [{ first: { file: 2, row: 5 }, again: { file: 0, row: 777 } }]);
    await finder.close();
  }
});

test('the dry run tells each request and its bytes', async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 25, { timestamp: hourly });
  const options = { files: [file], model: modelOf(), environment: PRODUCTION, rowsPerFile: 10, now: NOW };
  const preview = await planPublish(options);
  assert.is(preview.rows, 25);
  const shown = preview.chunks.map(({ requests }) => requests.map(({ path }) => path));
  assert.equal(shown, Array(4).fill(['/v3/files/upload', '/v3/events']));
  const requests = preview.chunks.flatMap((chunk) => chunk.requests);
  const all = requests.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.is(preview.bytes, all);
  assert.match(JSON.stringify(preview.firstRows[0]), /"… 5 more"/);
});

test('no more than ten writes in a second, and 300 in a minute', () => {
  const burst = Array.from({ length: 10 }, (_, i) => i * 10);
  assert.is(waitBefore(burst, WRITE_LIMITS, 100), 900);
  assert.is(waitBefore(burst.slice(0, 9), WRITE_LIMITS, 100), 0);
  const minute = Array.from({ length: 300 }, (_, i) => i * 150);
  assert.is(waitBefore(minute, WRITE_LIMITS, 50_000), 10_000);
});

test('the search for duplicates opens one file, however many ids there are', async () => {
  if (process.platform !== 'linux') return;
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const before = openFiles();
  const finder = new DuplicateFinder(100);
  for (let row = 0; row < 1_000; row++) await finder.add(`event ${row}`, 0, row);
  const opened = openFiles() - before;
  await finder.close();
  assert.ok(opened <= 4, `${opened} files`);
});

test('stored events are confirmed with one reading of the file', async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 60, { timestamp: hourly });
  const { plan } = await prepare([file], { rowsPerFile: 10 });
  let reads = 0;
  const files = plan.files.map((one) => {
    const get = () => {
      reads++;
      return one.reading;
    };
    return Object.defineProperty({ ...one }, 'reading', { get });
  });
  const context = {
    plan: { ...plan, files },
    place: {
      client: { environments: { byName: async () => null } },
      model: modelOf(),
      environment: { type: 'PRE_PRODUCTION', name: 'd' },
    },
    journal: { doneAt: () => 0 },
    reads: { next: async () => {} },
    stop: { check() {} },
    lagSeconds: 0,
  } as unknown as PublishContext;
  const { missing } = await confirmStored(context, plan.chunks, 20);
  assert.is(missing, 60);
  assert.is(reads, 1);
});
