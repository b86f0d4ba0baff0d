/**
 * A restart loses nothing, a kill loses no answered request, and an accepted job runs exactly once in any case.
 * @long: kills and restarts
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Random } from '../../../base/index.js';
import { amount, assert, temporaryFolder, test } from '../../support/test.js';
import {
  data,
  finished,
  ofFile,
  onboard,
  parquet,
  productionRows,
  publishFile,
  publishRows,
  sampleRows,
  start,
  upload,
} from './support.js';

const TURNS = amount(6, 4);
const SERVER = fileURLToPath(new URL('killed-server.js', import.meta.url));

async function startProcess(folder: string, jobSeconds: number): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [SERVER, folder, String(jobSeconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { url: String(line).trim(), child };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a restart loses nothing', async () => {
  const folder = temporaryFolder();
  const before = await start({ folder });
  const { model, project } = await onboard(before);
  await publishFile(before, model, sampleRows(50, 2), 'reference');
  await publishRows(before, model, sampleRows(30, 3));
  const paths = ['server-info', 'projects', `models/${model}`, 'jobs', 'environments', 'baselines'];
  const look = (emulator: { url: string }) => Promise.all(paths.map((path) => data(emulator, 'GET', `/v3/${path}`)));
  const seen = await look(before);
  await before.close();
  const after = await start({ folder });
  assert.equal(await look(after), seen);
  await data(after, 'DELETE', `/v3/projects/${project}`);
  assert.is((await data(after, 'GET', '/v3/models')).total, 0);
  await after.close();
});

test('accepted jobs go on after a restart', async () => {
  const folder = temporaryFolder();
  const before = await start({ folder });
  const { model } = await onboard(before);
  const file_id = await upload(before, parquet(sampleRows(50, 2)));
  await before.close();

  const slow = await start({ folder, jobSeconds: 600 });
  const { job } = await data(slow, 'POST', '/v3/events', ofFile(model, file_id));
  assert.is((await data(slow, 'GET', `/v3/jobs/${job.id}`)).status, 'PENDING');
  await slow.close();

  const after = await start({ folder });
  assert.is((await finished(after, job.id)).status, 'SUCCESS');
  assert.is(await productionRows(after, model), 50);
  await after.close();
});

test('killed at any moment, it has every answered event once and every accepted job once', async () => {
  const folder = temporaryFolder();
  const first = await start({ folder });
  const { model } = await onboard(first);
  const file_id = await upload(first, parquet(sampleRows(500, 2)));
  await first.close();

  let [answered, jobs, sent] = [0, 0, 0];
  const random = new Random(5);
  for (let turn = 0; turn < TURNS; turn++) {
    const { url, child } = await startProcess(folder, 0.02);
    let killed: Promise<void> | null = null;
    try {
      for (let round = 0; ; round++) {
        // Somewhere within the rounds to come, which take about as long.
        if (round === turn + 1) killed = delay(random.below(40)).then(() => kill(child));
        const events = sampleRows(20, 1_000 + sent);
        sent += 20;
        assert.is((await publishRows({ url }, model, events)).status, 202);
        answered += 20;
        await data({ url }, 'POST', '/v3/events', ofFile(model, file_id));
        jobs++;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await killed;
  }
  writeFileSync(join(folder, 'files', 'incoming-of-a-killed-run'), 'x');
  const after = await start({ folder });
  assert.ok(!readdirSync(join(folder, 'files')).some((name) => name.startsWith('incoming')));
  const { items, total } = await data(after, 'GET', '/v3/jobs?limit=1000');
  for (const { id } of items) assert.is((await finished(after, id)).status, 'SUCCESS');
  assert.ok(total >= jobs && total <= jobs + TURNS, `${total} jobs, ${jobs} were answered`);
  const streamed = (await productionRows(after, model)) - 500 * total;
  assert.ok(streamed >= answered && streamed <= sent, `${streamed} streamed, ${answered} answered, ${sent} sent`);
  assert.is(streamed % 20, 0);
  assert.ok(jobs > 5, `only ${jobs} jobs were seen`);
  await after.close();
});
