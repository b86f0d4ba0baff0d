/** @long: it starts processes that are killed */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEvents } from '../../data/index.js';
import { openMonitor } from '../../pipeline/monitor/index.js';
import { type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { DAY, FIRST_DAY, makeBaseline } from '../monitor/monitor-events.js';
import { assert, packageRoot, temporaryFolder, test } from '../support/test.js';
import { failingRow, watchedDisk } from './failing-disk.js';

const folder = temporaryFolder();
const baseline = await makeBaseline(folder, ['camera']);
const later = () => FIRST_DAY + 20_000 * DAY;
const options = { baseline, force: true, rows: true, flushEvery: 0, judgeEvery: 0, now: later } as const;
let states = 0;
const newState = () => join(folder, `state-${states++}`);
const codeOf = (error: Error) => (error as { code?: string }).code ?? error.message;

/** Ids of the rows of all tables, in their order. Each table is whole, and of one day. */
async function keptRows(state: string): Promise<string[]> {
  const rows = join(state, 'rows');
  const ids: string[] = [];
  for (const name of existsSync(rows)
    ? readdirSync(rows).filter((name) => /^\d+-\d+\.[^.]+\.\d+\.parquet$/.test(name))
    : []) {
    const events = await openEvents(join(rows, name));
    for await (const { eventIds, timestamps } of events.batches()) {
      ids.push(...eventIds.map(String));
      assert.is(new Set(timestamps.map((time) => Math.floor(time! / DAY))).size, 1);
    }
    await events.close();
  }
  return ids.sort();
}

for (const [isAfter, says] of [
  [false, 'before'],
  [true, 'after'],
] as const) {
  test(`a disk that fails ${says} any one call: each row is there once`, async () => {
    let hasFailed = true;
    for (let at = 1; hasFailed; at++) {
      hasFailed = false;
      const state = newState();
      const recorder = await Recorder.open(state, options);
      let [calls, isOther] = [0, false];
      const undo = await watchedDisk(() => {
        if (isOther || ++calls !== at) return;
        hasFailed = true;
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      }, isAfter);
      const ids: string[] = [];
      for (let row = 0; row < 8; row++) {
        const image = failingRow(row);
        assert.ok(recorder.record(row % 3 === 0 ? { ...image, scores: [] } : image));
        ids.push(image.id!);
        if (row % 4 === 3) await recorder.flush().catch((error: Error) => assert.is(codeOf(error), 'DISK_FULL'));
        if (row !== 3) continue;
        // What was written is counted before the rest is, and once more in the meantime: the state then forgets its name.
        isOther = true;
        const monitor = await openMonitor(state);
        for (const most of [4, 0]) assert.ok((await monitor.update([], { now: later })).added <= most);
        isOther = false;
      }
      await recorder.close();
      undo();
      const monitor = await openMonitor(state);
      await monitor.update([], { now: later });
      assert.is((await monitor.status()).rows, ids.length, `call ${at}`);
      assert.equal(await keptRows(state), ids, `call ${at}`);
      assert.is(recorder.lostRows, 0);
    }
  });
}

test('a kill at any call: what was flushed is there, each row once, each table whole', async () => {
  const script = join(packageRoot, 'dist', 'spec', 'service', 'failing-disk.js');
  for (let at = 1, wasKilled = true; wasKilled; at++) {
    const state = newState();
    const run = spawnSync(process.execPath, [script, state, baseline, String(at)], { encoding: 'utf8' });
    wasKilled = run.signal === 'SIGKILL';
    if (!wasKilled) assert.is(run.status, 0, run.stderr);
    const sure = Number(run.stdout.trim().split('\n').at(-1));
    const ids = await keptRows(state);
    assert.is(new Set(ids).size, ids.length);
    for (let row = 0; row < sure; row++) assert.ok(ids.includes(`row-${row}`), `call ${at}: row ${row}`);
    const { added } = await (await openMonitor(state)).update([], { now: later });
    assert.ok(added >= sure && added <= 8, `call ${at}: ${added} of ${sure}`);
  }
});

test('a disk that hangs: rows and windows have a bound, what is dropped is counted and said, the rest is written once', async () => {
  const state = newState();
  const said: string[] = [];
  const onError = (error: Error) => void said.push(codeOf(error));
  const recorder = await Recorder.open(state, { ...options, flushEvery: 1, onError });
  let release = () => {};
  const hangs = new Promise<void>((done) => {
    release = done;
  });
  const undo = await watchedDisk(() => hangs);
  const image = failingRow(0);
  recorder.record(image);
  const flushes = [recorder.flush(), recorder.flush()];
  await new Promise((done) => setTimeout(done, 50));
  assert.is(recorder.flush(), recorder.flush(), 'flushes that wait are one');
  for (let row = 1; row < 33_000; row++) assert.ok(recorder.record({ ...image, id: `row-${row}` }));
  assert.is(recorder.lostRows, 33_000 - 32_768);
  let windows = 0;
  while (windows < 10_000 && recorder.record({ ...image, at: FIRST_DAY + windows * DAY })) windows++;
  assert.ok(windows > 4_000 && windows < 4_200, `${windows} windows`);
  assert.equal(said, ['RECORDER_ROWS_LOST', 'RECORD_WINDOWS']);
  assert.equal(recorder.refused, { RECORD_WINDOWS: 1 });
  release();
  await Promise.all(flushes);
  undo();
  await recorder.close();
  assert.is(said.at(-1), 'RECORDER_ROWS_LOST');
  const ids = await keptRows(state);
  assert.is(ids.length, 32_768);
  assert.is(new Set(ids).size, ids.length);
  assert.is((await (await openMonitor(state)).update([], { now: later })).added, 33_000 + windows);
});

test('a row is in the table of its own window, as it was given, and an old table is deleted alone', async () => {
  const state = newState();
  const now = FIRST_DAY + 365 * DAY;
  const recorder = await Recorder.open(state, { ...options, now: () => now, keepFor: '30d' });
  const columns: Record<string, string> = { camera: 'north' };
  const image = { ...failingRow(0), at: now, columns };
  recorder.record(image);
  recorder.record({ ...image, at: now - 365 * DAY });
  recorder.record({ ...image, at: now - 10 * DAY, columns: { camera: 'north', mixed: false } });
  recorder.record({ ...image, at: now - 10 * DAY, columns: { camera: 'north', mixed: 'a', large: 1e300 } });
  columns['camera'] = 'south';
  await recorder.close();
  const names = readdirSync(join(state, 'rows')).sort();
  assert.equal(
    names.map((name) => name.replace(/\..*/, '')),
    [`${now - 10 * DAY}-${now - 10 * DAY}`, `${now}-${now}`],
  );
  const today = await openEvents(join(state, 'rows', names[1]!));
  for await (const { carried } of today.batches()) assert.equal(carried!.get('camera'), ['north']);
  await today.close();
});

test('what would spoil a table is refused', async () => {
  const state = newState();
  const recorder = await Recorder.open(state, options);
  const image = failingRow(0);
  const wrong: [object, string][] = [
    [{ at: '' }, 'RECORD_TIME'],
    [{ at: '2026-12-01' }, 'RECORD_TIME'],
    [{ at: FIRST_DAY / 1000 }, 'RECORD_TIME'],
    [{ at: new Date(Number.NaN) }, 'RECORD_TIME'],
    [{ statistics: { brightness: Number.POSITIVE_INFINITY } }, 'RECORD_NOT_FINITE'],
    [{ statistics: { brightness: 1e39 } }, 'RECORD_NOT_FINITE'],
    [{ id: 5 }, 'RECORD_ID'],
    [{ columns: { camera: { name: 'north' } } }, 'RECORD_COLUMN'],
    [{ columns: { camera: 'north', gain: Number.NaN } }, 'RECORD_COLUMN'],
  ];
  for (const [part, code] of wrong) {
    const before = recorder.refused[code] ?? 0;
    assert.not(recorder.record({ ...image, ...part } as RecordedImage), JSON.stringify(part));
    assert.is(recorder.refused[code], before + 1, JSON.stringify(part));
  }
  assert.ok(recorder.record({ ...image, statistics: { brightness: Number.NaN } }));
  await recorder.close();
  assert.equal(await keptRows(state), ['row-0']);
});

test('rows that no table can hold are dropped, counted and said, and those after them are written', async () => {
  const state = newState();
  const said: string[] = [];
  const recorder = await Recorder.open(state, { ...options, onError: (error) => void said.push(codeOf(error)) });
  recorder.record({ ...failingRow(0), columns: { timestamp: 'noon' } });
  recorder.record(failingRow(1));
  await recorder.close();
  assert.equal([recorder.lostRows, said], [1, ['RECORDER_ROWS_LOST']]);
  assert.equal(await keptRows(state), ['row-1']);
  assert.is((await (await openMonitor(state)).update([], { now: later })).added, 2);
});
