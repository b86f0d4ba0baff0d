import { type FiddlerClient, Rejected } from '../../../fiddler/client/index.js';
import { EventTimes } from '../../../fiddler/publish/plan/duplicates.js';
import { preparePublish } from '../../../fiddler/publish/plan/prepare.js';
import { StopSignal } from '../../../fiddler/publish/send/context.js';
import { otherTimes, refuseOtherTimes } from '../../../fiddler/publish/send/other-times.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { idsAsParquet, isWithin, type RowQuery } from './fake-fiddler.js';
import { modelOf, NOW, writeEvents } from './publish-support.js';

const DAY = 86_400_000;
const START = NOW - 10 * DAY;
const ROWS = 40;
const timestamp = (row: number) => START + row * 60_000;

interface Stored {
  id: string;
  time: number;
}
type Shows = 'ms' | 's' | 'date' | 'text' | 'local' | 'none' | 'refused';

async function rig(stored: readonly Stored[], shows: Shows, cap = Number.POSITIVE_INFINITY) {
  let asked = 0;
  const download = async (q: RowQuery & { columns: string[] }) => {
    asked++;
    if (shows === 'refused' && q.columns.includes('timestamp')) throw new Rejected('REJECTED', 'no such column');
    const rows = stored.filter(({ time }) => isWithin(q, time)).slice(0, Math.min(cap, q.maxRows));
    const times = q.columns.includes('timestamp') ? timesColumn(rows, shows) : [];
    return idsAsParquet(
      rows.map(({ id }) => id),
      ...times,
    );
  };
  const model = modelOf();
  const client = { rows: { download } } as unknown as FiddlerClient;
  const file = await writeEvents(temporaryFolder(), 'a', ROWS, { timestamp, eventId: (row) => `event-${row}` });
  const environment = { type: 'PRODUCTION' as const };
  const { plan } = await preparePublish({ files: [file], model, environment, now: NOW, rowsPerFile: 15 });
  const options = { place: { client, model, environment }, plan, stop: new StopSignal(undefined) };
  return { options, file, asked: () => asked, find: () => otherTimes(options, plan.chunks) };
}

function timesColumn(rows: readonly Stored[], shows: Shows) {
  const name = 'timestamp';
  const of = (value: (time: number) => unknown) => rows.map(({ time }) => value(time));
  if (shows === 'ms') return [{ name, data: of(BigInt), type: 'INT64' }];
  if (shows === 's') return [{ name, data: of((time) => BigInt(Math.floor(time / 1_000))), type: 'INT64' }];
  if (shows === 'date') return [{ name, data: of((time) => new Date(time)), type: 'TIMESTAMP' }];
  const text = (time: number) => new Date(time).toISOString().replace('T', ' ').replace('Z', '');
  if (shows === 'text') return [{ name, data: of(text), type: 'STRING' }];
  if (shows === 'local') return [{ name, data: of((time) => text(time + 2 * 3_600_000)), type: 'STRING' }];
  return [];
}

const asPublished = Array.from({ length: ROWS }, (_, row) => ({ id: `event-${row}`, time: timestamp(row) }));
const moved = (by: number) => asPublished.map(({ id, time }, row) => ({ id, time: row % 10 === 3 ? time + by : time }));
const strangers = Array.from({ length: 100 }, (_, row) => ({ id: `other-${row}`, time: START - DAY + row * 1_000 }));

test('in every form of time: as published is none, a minute or a day later is told', async () => {
  for (const shows of ['ms', 's', 'date', 'text'] as const) {
    assert.is((await (await rig([...strangers, ...asPublished], shows)).find())?.count, 0, shows);
    for (const by of [60_000, DAY]) {
      const found = await (await rig([...moved(by), ...strangers], shows)).find();
      const ids = found?.events.map(({ id }) => id);
      assert.equal(ids, ['event-3', 'event-13', 'event-23', 'event-33'], `${shows} ${by}`);
    }
  }
});

test('all with other times, none as published', async () => {
  const all = asPublished.map(({ id, time }) => ({ id, time: time + 60_000 }));
  assert.is((await (await rig(all, 'ms')).find())?.count, ROWS);
});

test('a server whose times mean something else, or that shows none, is asked by its filter', async () => {
  for (const shows of ['local', 'none', 'refused'] as const) {
    assert.is((await (await rig(asPublished, shows)).find())?.count, 0, shows);
    const found = await (await rig(moved(5 * DAY), shows)).find();
    assert.is(found?.count, 4, shows);
    if (shows !== 'local') assert.is(found?.events[0]?.stored, null, shows);
  }
});

test('the refusal names the file, the row and both times', async () => {
  const { options, file, find } = await rig(moved(DAY), 'ms');
  const found = (await find()) as NonNullable<Awaited<ReturnType<typeof otherTimes>>>;
  const { message } = await refusal('PUBLISH_OTHER_TIMES', () => refuseOtherTimes(options, found), { exitCode: 4 });
  const times = [timestamp(3), timestamp(3) + DAY].map((time) => new Date(time).toISOString());
  for (const part of [`${file} row 3`, ...times]) assert.match(message, part);
});

test('a server without events is asked once; one that gives 1,000 of 20,000 at a time, at most 2 S / C + 60 times', async () => {
  const none = await rig([], 'ms');
  await none.find();
  assert.is(none.asked(), 1);
  const many = Array.from({ length: 20_003 }, (_, row) => ({ id: `other-${row}`, time: START - row * 7_000 }));
  const limited = await rig([...many, ...moved(DAY)], 'ms', 1_000);
  assert.is((await limited.find())?.count, 4);
  assert.ok(limited.asked() <= 40 + 2 * 40 + 60, `${limited.asked()} requests`);
});

test('a table of times knows its ids and no others', () => {
  const times = new EventTimes(5_000);
  for (let i = 0; i < 5_000; i++) times.add(`id-${i}`, i);
  for (let i = 0; i < 5_000; i++) assert.is(times.get(`id-${i}`), i);
  for (let i = 0; i < 5_000; i++) assert.is(times.get(`no-${i}`), null);
});
