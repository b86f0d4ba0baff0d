import { NOTHING } from '../support/fake-backend.js';
import { nativeBackend } from '../support/native-backend.js';
import { assert, refusal } from '../support/test.js';

await nativeBackend('onnxruntime', (specs, backend) => {
  specs('says what it runs on', async () => {
    const { ok, device, kind, version } = await backend.availability({ device: 'cpu' });
    assert.equal({ ok, device, kind }, { ok: true, device: 'cpu', kind: 'cpu' });
    assert.match(version!, /^onnxruntime-node \d+\.\d+\.\d+/);
  });

  for (const device of ['gpu', 'cpu:1', 'cuda:1000', 'nonsense']) {
    specs(`device ${device} does not exist anywhere`, async () => {
      const { ok, reason } = await backend.availability({ device });
      assert.is(ok, false);
      assert.match(
        reason,
        new RegExp(`no device ${device}: one of cpu, cuda, coreml, dml is meant; here there are .*cpu`),
      );
      const error = await refusal('ADAPTER_MISSING', () =>
        backend.compile(NOTHING.model, { ...NOTHING.options, device }),
      );
      assert.match(error.message, reason);
    });
  }

  specs('CoreML and DirectML are not on Linux', async () => {
    if (process.platform !== 'linux') return;
    for (const device of ['coreml', 'dml']) {
      assert.match((await backend.availability({ device })).reason, /is not part of this installation/);
    }
  });
});
