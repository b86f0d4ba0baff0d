import { parseFaults } from 'image-drift-emulator';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { ask, data, onboard, productionRows, publishRows, sampleRows, start } from './support.js';

test('are read as shares of the requests', async () => {
  const shares = parseFaults('429:0.1, 500:0.05,reset:0.02,slow:1e-3');
  assert.equal(shares, { 429: 0.1, 500: 0.05, reset: 0.02, slow: 0.001 });
  assert.equal(parseFaults(''), {});
  const wrong = ['503:0.1', '429', '429:', '429:x', '429:-0.1', '429:2', '429:0.6,500:0.6', '429:0.1,429:0.1'];
  for (const text of [...wrong, '__proto__:1']) await refusal('FAULTS_INVALID', () => parseFaults(text));
});

test('429 tells when to come again, and has done nothing', async () => {
  const emulator = await start({ faults: { 429: 1 } });
  const { status, headers, body } = await ask(emulator, 'POST', '/v3/projects', { name: 'not_made' });
  assert.equal([status, headers.get('retry-after'), body.error.errors[0].reason], [429, '1', 'TooManyRequests']);
  assert.equal((await data(emulator, 'GET', '/emulator/state')).projects, [], 'the page meets no faults');
  await emulator.close();
});

for (const name of ['500', 'reset'] as const) {
  test(`${name} comes before the work or after it`, async () => {
    const folder = temporaryFolder();
    const quiet = await start({ folder });
    const { model } = await onboard(quiet);
    await quiet.close();

    const emulator = await start({ folder, faults: { [name]: 1 }, seed: 3 });
    for (const row of sampleRows(20, 5)) {
      const answer = await publishRows(emulator, model, [row]).catch(() => null);
      assert.is(answer?.status, name === '500' ? 500 : undefined);
    }
    assert.is(emulator.traffic().requests, 20);
    await emulator.close();

    const after = await start({ folder });
    const stored = await productionRows(after, model);
    assert.ok(stored > 3 && stored < 17, `${stored} of 20 were stored`);
    await after.close();
  });
}

test('an upload that meets a fault is read to its end first', async () => {
  const emulator = await start({ faults: { 429: 1 } });
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(20_000_000)]), 'big.parquet');
  assert.is((await ask(emulator, 'POST', '/v3/files/upload', form)).status, 429);
  await emulator.close();
});

test('slow answers are answers', async () => {
  const emulator = await start({ faults: { slow: 1 } });
  const begun = performance.now();
  assert.is((await ask(emulator, 'GET', '/v3/projects')).status, 200);
  assert.ok(performance.now() - begun >= 190);
  await emulator.close();
});
