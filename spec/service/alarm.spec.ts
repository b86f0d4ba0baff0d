import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { type RecordedImage, Recorder } from '../../pipeline/service/index.js';
import { FIRST_DAY, HOUR, makeBaseline } from '../monitor/monitor-events.js';
import { assert, temporaryFolder, test } from '../support/test.js';

const CAMERAS = ['north', 'east'];
const ROWS_AN_HOUR = 200;
const QUIET_HOURS = 60;

function imageOf(random: Random, row: number, moved: boolean): RecordedImage {
  const camera = CAMERAS[row % CAMERAS.length]!;
  const mode = random.below(3);
  const shift = moved && camera === 'east' ? 1.5 : 0;
  const embedding = Array.from({ length: 6 }, (_, c) => (c === mode ? 6 : 0) + random.normal() + (c === 5 ? shift : 0));
  return { embedding, columns: { camera }, statistics: { brightness: 0.5 + 0.1 * random.normal() } };
}

test('an hour in which one camera has changed raises an alarm by itself: in the metrics, and as one message', async () => {
  const folder = temporaryFolder();
  const baseline = await makeBaseline(folder, ['camera']);
  const messages: { status: string; alarm: { by: Record<string, string> | null } }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    messages.push(JSON.parse(text));
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const notify = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  let time = FIRST_DAY;
  const errors: Error[] = [];
  const options = { baseline, window: '1h', by: 'camera', notify, force: true, flushEvery: 5, judgeEvery: 5 } as const;
  await using recorder = await Recorder.open(join(folder, 'state'), {
    ...options,
    now: () => time,
    onError: (error) => errors.push(error),
  });
  const random = new Random(4);
  const hour = async (moved: boolean) => {
    for (let row = 0; row < ROWS_AN_HOUR; row++) {
      assert.ok(recorder.record(imageOf(random, row, moved)));
      time += HOUR / ROWS_AN_HOUR;
    }
    await recorder.flush();
  };
  for (let i = 0; i < QUIET_HOURS; i++) await hour(false);
  assert.is((await recorder.status()).alarm, null);
  assert.match(await recorder.metrics(), /^image_drift_alarm\{.*by="east"\} 0$/m);
  let hours = 0;
  // Nobody asks for a status: the thread judges when an hour has ended.
  while (messages.length === 0 && hours < 24) {
    await hour(true);
    hours++;
    time += 1000;
    for (let tries = 0; tries < 40 && messages.length === 0; tries++) await new Promise((done) => setTimeout(done, 10));
  }
  assert.equal(errors, []);
  assert.equal(
    messages.map(({ status, alarm }) => [status, alarm.by]),
    [['firing', { camera: 'east' }]],
  );
  const metrics = await recorder.metrics();
  assert.match(metrics, /^image_drift_alarm\{.*by="east"\} 1$/m);
  assert.not.match(metrics, /^image_drift_alarm\{.*by="north"\} 1$/m);
  server.close();
});
