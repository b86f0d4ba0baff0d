import { join } from 'node:path';
import { initMonitor, openMonitor } from '../../pipeline/monitor/index.js';
import { assert, refusal, runCli, temporaryFolder, test } from '../support/test.js';
import { COLUMN_CHOICE, DAY, FIRST_DAY, makeBaseline, writeEvents } from './monitor-events.js';
import { Receiver } from './receiver.js';

const folder = temporaryFolder();
const baseline = await makeBaseline(folder);
const quiet = Array.from({ length: 8 }, (_, day) => writeEvents(folder, `quiet-${day}.csv`, { day }));
const moved = Array.from({ length: 8 }, (_, i) => writeEvents(folder, `moved-${i}.csv`, { day: 8 + i, shift: 1.5 }));

test('a server that is down: each message once, in order, when it is up again; the clock is given', async () => {
  const receiver = new Receiver();
  const notify = await receiver.open();
  const state = join(folder, 'state');
  await initMonitor(state, baseline, { notify });
  const monitor = await openMonitor(state);
  let day = 0;
  const telling = { notifyToken: 'secret', now: () => FIRST_DAY + day * DAY };
  const options = { columns: COLUMN_CHOICE, ...telling };
  for (const path of quiet) {
    day++;
    assert.is((await monitor.update([path], options)).not_notified, null);
  }
  receiver.isDown = true;
  let kept = 0;
  for (const path of moved) {
    day++;
    const { alarm, not_notified } = await monitor.update([path], options);
    assert.is(not_notified !== null, alarm !== null, String(not_notified));
    if (not_notified !== null) kept++;
  }
  assert.ok(kept > 1, `${kept} updates with a message that was kept`);
  assert.match((await monitor.acknowledge(telling)).not_notified ?? '', /it answered 503; 2 messages are kept/);
  assert.equal(receiver.messages, []);
  receiver.isDown = false;
  day++;
  for (let again = 0; again < 2; again++) assert.is((await monitor.update(quiet, options)).not_notified, null);
  assert.equal(
    receiver.messages.map(({ schema, status, alarm }) => [schema, status, alarm.block]),
    [
      [1, 'firing', 'embedding'],
      [1, 'resolved', 'embedding'],
    ],
  );
  assert.is(new Set(receiver.messages.map(({ key }) => key)).size, 1);
  assert.equal(receiver.tokens, ['Bearer secret', 'Bearer secret']);
  await receiver.close();
});

test('the command ends with 5 while a message is kept, prints its result, and keeps the token out of it', async () => {
  const state = join(folder, 'command');
  const closed = new Receiver();
  const notify = await closed.open();
  await closed.close();
  await initMonitor(state, baseline, {});
  const args = [
    'monitor',
    'update',
    state,
    ...quiet,
    ...moved,
    '--embedding-column',
    'e*',
    '--notify',
    notify,
    '--json',
  ];
  const run = runCli([...args, '--fail-on-drift'], { env: { IMAGE_DRIFT_NOTIFY_TOKEN: 'secret' } });
  assert.is(run.status, 5, run.stderr);
  assert.is(JSON.parse(run.stdout).alarm.block, 'embedding');
  assert.is(JSON.parse(run.stderr).error.code, 'MONITOR_NOT_NOTIFIED');
  assert.match(run.stderr, 'ECONNREFUSED');
  assert.not.match(run.stdout + run.stderr, 'secret');
});

test('what is no address for messages, or would give the token away, is refused', async () => {
  const init = (notify: string, notifyToken?: string) =>
    initMonitor(join(folder, 'never'), baseline, { notify, notifyToken });
  await refusal('MONITOR_NOTIFY_URL', () => init('example.com/hook'), 'is no http');
  await refusal('MONITOR_NOTIFY_URL', () => init('https://me:secret@example.com/'), /has a password/);
  await refusal('MONITOR_NOTIFY_URL', () => init('http://example.com/', 'secret'), 'over http');
});
