import type { FiddlerClient } from '../../../fiddler/client/index.js';
import { deleteEvents } from '../../../fiddler/publish/index.js';
import { storedIds } from '../../../fiddler/publish/send/stored-ids.js';
import { assert, refusal, test } from '../../support/test.js';
import { idsAsParquet, isWithin, type RowQuery } from './fake-fiddler.js';
import { openRig } from './lying-rig.js';
import { modelOf } from './publish-support.js';

/** @param times of the events it has @param cap events that it gives at most, whatever it is asked for */
function server(times: readonly number[], cap: number) {
  const asked: number[] = [];
  const download = async (q: RowQuery) => {
    asked.push(q.maxRows);
    const ids = times.flatMap((time, event) => (isWithin(q, time) ? [`event-${event}`] : []));
    return idsAsParquet(ids.slice(0, Math.min(cap, q.maxRows)));
  };
  const environments = { byName: async () => ({ id: 'a', name: 'a', row_count: times.length }) };
  const client = { rows: { download }, environments } as unknown as FiddlerClient;
  return { asked, place: { client, model: modelOf(), environment: { type: 'PRODUCTION' as const } } };
}

const apart = Array.from({ length: 4_321 }, (_, i) => 1e12 + i * 1_000);
const whole = { from: 1e12, to: 1e12 + 4_320_000 };

test('a server with a limit of its own is asked in parts, until all events are seen', async () => {
  for (const cap of [500, 1_000, 2_500]) {
    const { place } = server(apart, cap);
    assert.is((await storedIds(place, whole))?.ids.size, apart.length, `at most ${cap} at a time`);
  }
});

test('a server that gives all is asked once, and where their number is round, in halves', async () => {
  const odd = server(apart, Number.POSITIVE_INFINITY);
  await storedIds(odd.place, whole);
  assert.is(odd.asked.length, 1);
  const round = server(apart.slice(0, 4_000), Number.POSITIVE_INFINITY);
  assert.is((await storedIds(round.place, whole))?.ids.size, 4_000);
  assert.ok(round.asked.length <= 7, `${round.asked.length} requests`);
});

test('a server that has shown more rows than that at once is not asked in halves', async () => {
  const days = server(apart, Number.POSITIVE_INFINITY);
  for (const day of [0, 1, 2]) {
    const from = 1e12 + day * 1_000_000;
    // The range is widened by a second on both sides.
    assert.is((await storedIds(days.place, { from: from + 1_000, to: from + 998_000 }))?.ids.size, 1_000);
  }
  assert.equal(days.asked, [1_000_000, 1_001, 1_000_000, 1_000_000]);
});

test('more events at one time than a server gives at once: all are asked for, or it is told with a way on', async () => {
  const same = apart.map(() => 1e12);
  const range = { from: 1e12, to: 1e12 };
  const patient = server(same, Number.POSITIVE_INFINITY);
  assert.is((await storedIds({ ...patient.place, maxRows: 1_000 }, range))?.ids.size, same.length);
  const short = server(same, 1_000);
  const error = await refusal('PUBLISH_TOO_MANY_STORED', () => storedIds({ ...short.place, maxRows: 1_000 }, range));
  assert.is(error.exitCode, 5);
  assert.match(error.hint ?? '', '--resend');
});

test('all times of a server with a limit of its own: its first and last day are found, then it is asked in parts', async () => {
  for (const cap of [500, 1_000, 2_500]) {
    const { place, asked } = server(apart, cap);
    assert.is((await storedIds(place, null))?.ids.size, apart.length, `at most ${cap} at a time`);
    assert.ok(asked.length <= (4 * apart.length) / cap + 60, `${asked.length} requests at ${cap} at a time`);
  }
  const all = server(apart, Number.POSITIVE_INFINITY);
  await storedIds(all.place, null);
  assert.is(all.asked.length, 1);
});

// A server that calls a job's end by a name of its own: what it stored says how the job ended.

test('an unknown status: all is stored, so all is published, once; the next run has nothing to do', async () => {
  const rig = await openRig({ rows: 200 });
  try {
    rig.proxy.success = 'COMPLETED';
    const { finished, confirmed, sent } = await rig.publish();
    assert.equal([finished, confirmed, sent], [true, true, 200]);
    await rig.assertOnce(200);
    assert.is((await rig.publish()).sent, 0);
  } finally {
    await rig.close();
  }
});

test('an unknown status, and a part is missing: told with the status, and nothing is sent twice', async () => {
  const rig = await openRig({ rows: 200 });
  try {
    rig.proxy.success = 'COMPLETED';
    rig.proxy.onSuccess = async () => rig.remove((await rig.stored()).slice(0, 1));
    await refusal('JOB_STATUS_UNKNOWN', () => rig.publish({ lagSeconds: 0.3 }), { exitCode: 5, message: 'COMPLETED' });
    rig.proxy.success = 'SUCCESS';
    assert.ok((await rig.publish({ lagSeconds: 0.3 })).confirmed);
    await rig.assertOnce(200);
  } finally {
    await rig.close();
  }
});

test('a deletion with an unknown status is confirmed by asking for the events', async () => {
  const rig = await openRig({ rows: 50 });
  try {
    await rig.publish();
    rig.proxy.success = 'COMPLETED';
    const { confirmed, found } = await deleteEvents(rig.client, { journal: rig.journal }, { model: rig.model });
    assert.equal([confirmed, found], [true, 50]);
  } finally {
    await rig.close();
  }
});
