import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ColumnChoice, openEvents } from '../../data/index.js';
import { readProfile } from '../../pipeline/index.js';
import { initMonitor, openMonitor } from '../../pipeline/monitor/index.js';
import { openEmbedder, type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { weightsFolder } from '../../weights/index.js';
import { COLUMN_CHOICE, DAY, FIRST_DAY, makeBaseline, sumsIn, writeEvents } from '../monitor/monitor-events.js';
import { assert, refusal, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const baseline = await makeBaseline(folder, ['camera']);
const later = () => FIRST_DAY + 400 * DAY;
const options = { baseline, by: 'camera', force: true, flushEvery: 0, judgeEvery: 0, now: later } as const;
let states = 0;
const newState = () => join(folder, `state-${states++}`);

/** Rows of a table as a service has them. */
async function imagesOf(path: string, columns: ColumnChoice = COLUMN_CHOICE): Promise<RecordedImage[]> {
  const events = await openEvents(path, columns);
  const images: RecordedImage[] = [];
  const { dimensions } = events.schema;
  for await (const { rows, embeddings, timestamps, statistics, eventIds, carried } of events.batches()) {
    for (let row = 0; row < rows; row++) {
      images.push({
        embedding: embeddings.subarray(row * dimensions, (row + 1) * dimensions),
        statistics: Object.fromEntries([...statistics].map(([name, values]) => [name, values[row]!])),
        at: timestamps[row]!,
        id: eventIds[row] ?? null,
        columns: { camera: carried!.get('camera')![row] ?? null },
      });
    }
  }
  await events.close();
  return images;
}

const days = Array.from({ length: 6 }, (_, day) => writeEvents(folder, `day-${day}.csv`, { day }));
const clean = newState();
await initMonitor(clean, baseline, { by: 'camera', force: true });
await (await openMonitor(clean)).update(days, { columns: COLUMN_CHOICE, now: later });
const images = (await Promise.all(days.map((path) => imagesOf(path)))).flat();

test('what several recorders of one STATE have counted is what monitor update counts of a table', async () => {
  const state = newState();
  const recorders = await Promise.all([0, 1, 2].map(() => Recorder.open(state, options)));
  for (const [i, image] of images.entries()) {
    assert.ok(recorders[i % 3]!.record(image));
    if (i % 50 === 0) await recorders[i % 3]!.flush();
  }
  await Promise.all(recorders.map((recorder) => recorder.flush()));
  const { timeline, rows } = await recorders[0]!.status();
  assert.is(rows, images.length);
  assert.equal(sumsIn(state), sumsIn(clean));
  assert.equal(timeline, (await (await openMonitor(clean)).status()).timeline);
  assert.equal(readdirSync(join(state, 'recorded')), []);
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

test('what an update that was killed has counted, and not removed, does not count again', async () => {
  const state = newState();
  const recorder = await Recorder.open(state, options);
  for (const image of images) recorder.record(image);
  await recorder.flush();
  const [name = ''] = readdirSync(join(state, 'recorded'));
  const bytes = readFileSync(join(state, 'recorded', name));
  const monitor = await openMonitor(state);
  assert.is((await monitor.update([], { now: later })).added, images.length);
  // As if it had been killed between the state and the removal.
  writeFileSync(join(state, 'recorded', name), bytes);
  assert.is((await monitor.update([], { now: later })).added, 0);
  assert.equal(sumsIn(state), sumsIn(clean));
  await recorder.close();
});

test('rows of windows that were judged without them are judged by themselves', async () => {
  const state = newState();
  await using recorder = await Recorder.open(state, { ...options, flushEvery: 5, judgeEvery: 5 });
  const monitor = await openMonitor(state);
  const half = images.length / 2;
  for (const part of [images.slice(0, half), images.slice(half)]) {
    for (const image of part) recorder.record(image);
    // Nobody asks for a status of the recorder.
    for (let waited = 0; waited < 500 && (await monitor.status()).rows < recorder.rows; waited++) await pause(20);
    assert.is((await monitor.status()).rows, recorder.rows);
  }
  assert.equal(sumsIn(state), sumsIn(clean));
});

test('a record that is wrong is refused, counted and said, and never thrown', async () => {
  const state = newState();
  const said: string[] = [];
  const onError = (error: Error) => {
    said.push((error as { code?: string }).code ?? error.message);
    throw new Error('a listener that fails');
  };
  const recorder = await Recorder.open(state, { ...options, onError });
  const good = images[0]!;
  const wrong: [RecordedImage, string][] = [
    [{ ...good, embedding: new Float32Array(5) }, 'RECORD_LENGTH'],
    [{ ...good, embedding: Float32Array.of(1, 2, 3, Number.NaN, 5, 6) }, 'RECORD_NOT_FINITE'],
    [{ ...good, scores: [0.5, 7] }, 'RECORD_SCORES'],
    [{ ...good, scores: [0.5, Number.NaN] }, 'RECORD_NOT_FINITE'],
    [{ ...good, at: Number.NaN }, 'RECORD_TIME'],
    [{ ...good, at: later() + 2 * DAY }, 'RECORD_TIME'],
    [undefined as unknown as RecordedImage, "Cannot read properties of undefined (reading 'embedding')"],
  ];
  for (const [image, code] of wrong) {
    assert.not(recorder.record(image));
    assert.is(said.at(-1), code);
  }
  assert.ok(recorder.record(good));
  assert.equal([recorder.rows, recorder.rejected], [1, wrong.length]);
  const status = await recorder.status();
  assert.equal([status.rows, status.rejected], [1, wrong.length]);
  const metrics = await recorder.metrics();
  assert.match(metrics, /^image_drift_rows_total\{state="[^"]+"\} 1$/m);
  assert.match(metrics, /^image_drift_rejected_total\{state="[^"]+"\} 7$/m);
  const refused = { RECORD_LENGTH: 1, RECORD_NOT_FINITE: 2, RECORD_SCORES: 1, RECORD_TIME: 2, RECORD_INVALID: 1 };
  assert.equal(recorder.refused, refused);
  await recorder.close();
  assert.not(recorder.record(good));
  assert.is(said.at(-1), 'RECORDER_CLOSED');
});

test('an image that cannot be embedded is the error of its call, and counted by its code', async () => {
  const embedder = await openEmbedder(weightsFolder('fashion-mnist-resnet18'), { threads: 0 });
  const recorder = await Recorder.open(newState(), options);
  await refusal('IMAGE_EMPTY', () => recorder.embed(embedder, new Uint8Array(0)), /empty/);
  await refusal('IMAGE_FORMAT', () => recorder.embed(embedder, Buffer.from('<html>')), /not an image/);
  assert.equal(recorder.refused, { IMAGE_EMPTY: 1, IMAGE_FORMAT: 1 });
  assert.is((await recorder.status()).rejected, 2);
  await Promise.all([recorder.close(), embedder.close()]);
});

test('a record without a column of by or group is refused, and null says that it is not known', async () => {
  const said: unknown[] = [];
  const onError = (error: Error) => said.push((error as { code?: string }).code);
  const recorder = await Recorder.open(newState(), {
    ...options,
    by: 'camera',
    group: 'site,clip',
    force: true,
    onError,
  });
  const row = { ...images[0]!, columns: { camera: 'north', site: 1, clip: 'a' } };
  for (const name of ['camera', 'site', 'clip']) {
    assert.not(recorder.record({ ...row, columns: { ...row.columns, [name]: undefined } as never }));
    assert.ok(recorder.record({ ...row, columns: { ...row.columns, [name]: null } }));
  }
  assert.not(recorder.record(images[0]!));
  assert.equal(said, Array(4).fill('RECORD_COLUMN'));
  assert.equal(recorder.refused, { RECORD_COLUMN: 4 });
  await recorder.close();
});

test('monitor update says why services refused records, after a flush that failed, too', async () => {
  const state = newState();
  const recorder = await Recorder.open(state, options);
  const place = join(state, 'recorded');
  rmSync(place, { recursive: true });
  recorder.record({ ...images[0]!, at: Number.NaN });
  await refusal('FILE_NOT_FOUND', () => recorder.flush(), place);
  mkdirSync(place);
  for (const length of [5, 7]) recorder.record({ ...images[0]!, embedding: new Float32Array(length) });
  await recorder.close();
  const { stderr } = runCli(['monitor', 'update', state]);
  assert.match(stderr, /^Services refused records: 1 RECORD_TIME, 2 RECORD_LENGTH\.$/m);
  assert.not.match(stderr, /not finite/);
});

test('rows are kept as tables that drift takes, and monitor update refuses', async () => {
  const state = newState();
  const recorder = await Recorder.open(state, { ...options, rows: true });
  for (const image of images.slice(0, 60)) recorder.record(image);
  await recorder.close();
  const [table = ''] = readdirSync(join(state, 'rows'));
  const path = join(state, 'rows', table);
  const kept = await openEvents(path);
  assert.equal(kept.schema.carried, [{ name: 'camera', type: 'string' }]);
  await kept.close();
  const again = await imagesOf(path, {});
  assert.equal(again, images.slice(0, 60));
  await refusal('MONITOR_OWN_ROWS', async () => (await openMonitor(state)).update([path]), table);
});

test('rows are deleted after their time, and their sums stay', async () => {
  const state = newState();
  let now = FIRST_DAY + 2 * DAY;
  const recorder = await Recorder.open(state, { ...options, rows: true, keepFor: DAY, now: () => now });
  recorder.record(images[0]!);
  await recorder.flush();
  assert.is(readdirSync(join(state, 'rows')).length, 0);
  recorder.record({ ...images[0]!, at: now });
  await recorder.flush();
  assert.is(readdirSync(join(state, 'rows')).length, 1);
  now += 3 * DAY;
  await recorder.flush();
  assert.is(readdirSync(join(state, 'rows')).length, 0);
  assert.is((await recorder.status()).rows, 2);
  await recorder.close();
});

test('another baseline or promise than that of STATE is refused, and a STATE that is not there without a baseline', async () => {
  const state = newState();
  await (await Recorder.open(state, options)).close();
  const other = join(folder, 'other.json');
  const profile = readFileSync(baseline, 'utf8');
  writeFileSync(other, profile.replace('}', ' }'));
  await readProfile(other);
  await refusal('MONITOR_OTHER_BASELINE', () => Recorder.open(state, { baseline: other }), other);
  await refusal('MONITOR_OTHER_PROMISE', () => Recorder.open(state, { window: '1h' }), /1d.*1h/);
  await refusal('RECORDER_BASELINE', () => Recorder.open(newState()));
  await (await Recorder.open(state)).close();
});

test('an option is spelt as in a command, and a wrong one is refused before anything is written', async () => {
  const state = newState();
  const given = { season: '7d', falseAlarmEvery: '52w', flushEvery: '1h', judgeEvery: '0s' } as object;
  await (await Recorder.open(state, { ...options, ...given })).close();
  const promised = JSON.parse(readFileSync(join(state, 'state.json'), 'utf8')).promise;
  assert.equal([promised.season, promised.false_alarm_every], [7 * DAY, 364 * DAY]);
  await (await Recorder.open(state, { ...options, season: 7 * DAY })).close();
  const wrong: [object, RegExp][] = [
    [{ season: '7 days' }, /^Recorder\.open: season 7 days: a time such as 365d, 24h or 52w is needed$/],
    [{ falseAlarmEvery: Number.POSITIVE_INFINITY }, /falseAlarmEvery Infinity/],
    [{ season: 0 }, /season 0/],
    [{ flushEvery: '30d' }, /flushEvery 30d/],
    [{ keepFor: '3 weeks' }, /keepFor 3 weeks/],
    [{ window: '2h' }, /window is "2h", it takes 1h, 1d, 1w/],
    [{ by: 5 }, /by is 5, it takes a text/],
    [{ group: ['clip'] }, /^Recorder\.open: group is a list of 1, it takes a text$/],
    [{ rows: 'yes' }, /rows is "yes", it takes a boolean/],
  ];
  for (const [option, message] of wrong) {
    const place = newState();
    const error = await refusal('BAD_OPTION', () => Recorder.open(place, { ...options, ...option }), message);
    assert.is(error.exitCode, 2);
    assert.not.match(`${error.message} ${error.hint}`, / --/);
    assert.not(existsSync(place));
  }
  const other = { ...options, by: 'site', force: false };
  const error = await refusal('MONITOR_OTHER_BY', () => Recorder.open(newState(), other));
  assert.not.match(`${error.message} ${error.hint}`, / --/);
});

test('what could not be written is written with the next flush', async () => {
  const state = newState();
  const recorder = await Recorder.open(state, options);
  recorder.record(images[0]!);
  const place = join(state, 'recorded');
  rmSync(place, { recursive: true });
  await refusal('FILE_NOT_FOUND', () => recorder.flush(), place);
  mkdirSync(place);
  recorder.record(images[1]!);
  await recorder.flush();
  assert.is((await recorder.status()).rows, 2);
  await recorder.close();
});
