import { incompatibility } from '../../engine/backends/tensorflow/backend.js';
import { NOTHING } from '../support/fake-backend.js';
import { nativeBackend } from '../support/native-backend.js';
import { assert, refusal, test } from '../support/test.js';

await nativeBackend('tensorflow', (specs, backend) => {
  specs('says what it runs on', async () => {
    const { ok, version, driver } = await backend.availability();
    assert.is(ok, true);
    assert.match(version!, /^@tensorflow\/tfjs-node(-gpu)? 4\.\d+\.\d+$/);
    assert.match(driver!, /^TensorFlow \d+\.\d+\.\d+/);
  });

  specs('a device that is not there', async () => {
    const { kind } = await backend.availability();
    const device = kind === 'gpu' ? 'cpu' : 'gpu';
    assert.match(
      (await backend.availability({ device })).reason,
      /^no device \w+: @tensorflow.* runs on the \w+ here$/,
    );
    for (const name of [device, 'cuda', 'gpu:x']) {
      const options = { ...NOTHING.options, device: name };
      const error = await refusal('ADAPTER_MISSING', () => backend.compile(NOTHING.model, options));
      assert.match(error.message, `backend tensorflow: no device ${name}`);
    }
  });
});

test('those that cannot work are told without being loaded', () => {
  const node24 = { version: '24.1.0', hasOldUtil: false };
  const node22 = { version: '22.0.0', hasOldUtil: true };
  assert.is(incompatibility('4.22.0', node22), null);
  assert.match(incompatibility('4.22.0', node24)!, /util\.isNullOrUndefined, which Node 24\.1\.0 does not have/);
  assert.is(incompatibility('4.23.0', node24), null);
  assert.match(incompatibility('3.21.1', node22)!, /needs version 4/);
  assert.match(incompatibility('5.0.0', node22)!, /needs version 4/);
});
