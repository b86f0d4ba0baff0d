import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CodedError } from '../../base/index.js';
import { assert, temporaryFolder, test } from '../support/test.js';
import { CameraService, QUIET_HOURS } from './camera-service.js';

test('an hour in which one camera has changed raises an alarm by itself: in the metrics, and as one message', async () => {
  const messages: { status: string; alarm: { by: Record<string, string> | null } }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    messages.push(JSON.parse(text));
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const notify = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const service = await CameraService.open(temporaryFolder(), notify);
  await using recorder = service.recorder;
  for (let i = 0; i < QUIET_HOURS; i++) await service.hour(false);
  assert.is((await recorder.status()).alarm, null);
  assert.match(await recorder.metrics(), /^image_drift_alarm\{.*by="east"\} 0$/m);
  // Nobody asks for a status.
  await service.movedUntil(() => messages.length > 0);
  assert.equal(service.errors, []);
  assert.equal(
    messages.map(({ status, alarm }) => [status, alarm.by]),
    [['firing', { camera: 'east' }]],
  );
  const metrics = await recorder.metrics();
  assert.match(metrics, /^image_drift_alarm\{.*by="east"\} 1$/m);
  assert.not.match(metrics, /^image_drift_alarm\{.*by="north"\} 1$/m);
  server.close();
});

test('a message that nobody takes is said', async () => {
  const service = await CameraService.open(temporaryFolder(), 'http://127.0.0.1:9/');
  await using _ = service.recorder;
  for (let i = 0; i < QUIET_HOURS; i++) await service.hour(false);
  await service.movedUntil(() => service.errors.length > 0);
  assert.equal([...new Set(service.errors.map((error) => (error as CodedError).code))], ['MONITOR_NOT_NOTIFIED']);
});
