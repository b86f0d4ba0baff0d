import { setTimeout as pause } from 'node:timers/promises';
import type { CodedError } from '../../base/index.js';
import { Receiver } from '../monitor/receiver.js';
import { assert, temporaryFolder, test } from '../support/test.js';
import { CameraService, QUIET_HOURS } from './camera-service.js';

test('an hour in which one camera has changed raises an alarm by itself: in the metrics, and as one message', async () => {
  const receiver = new Receiver();
  const { messages } = receiver;
  const service = await CameraService.open(temporaryFolder(), await receiver.open());
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
  // The camera that has changed goes dead: its alarm stays open.
  for (let i = 0; i < 2; i++) await service.hour(false, ['north']);
  assert.equal((await recorder.status()).alarm?.by, { camera: 'east' });
  const later = await recorder.metrics();
  assert.not.match(later, /^image_drift_statistic\{.*by="east"\}/m);
  assert.match(later, /^image_drift_alarm\{.*by="east"\} 1$/m);
  await receiver.close();
});

test('a message that nobody takes is said, and sent again until it is taken', async () => {
  const receiver = new Receiver();
  const { messages } = receiver;
  receiver.isDown = true;
  const service = await CameraService.open(temporaryFolder(), await receiver.open());
  await using _ = service.recorder;
  for (let i = 0; i < QUIET_HOURS; i++) await service.hour(false);
  await service.movedUntil(() => service.errors.length > 0);
  assert.equal([...new Set(service.errors.map((error) => (error as CodedError).code))], ['MONITOR_NOT_NOTIFIED']);
  receiver.isDown = false;
  // No hour ends meanwhile.
  for (let tries = 0; tries < 500 && messages.length === 0; tries++) await pause(20);
  assert.equal(messages.at(-1)?.alarm.by, { camera: 'east' });
  await receiver.close();
});
