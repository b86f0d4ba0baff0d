/**
 * Each event once where a journal does not tell, and where the server stores less than it says: over HTTP, on the
 * emulator without deduplication.
 * @long: many publications, with waits for jobs
 */
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../base/index.js';
import { planDays } from '../../../fiddler/publish/index.js';
import { assert, cases, refusal } from '../../support/test.js';
import { scenes } from './local-fiddler.js';
import { CHUNKS, lateMeeting, meeting, openRig, ROWS, recent } from './lying-rig.js';
import { writeEvents } from './publish-support.js';

const scene = scenes(openRig);

for (const mode of ['files', 'stream'] as const) {
  scene(`${mode}: a journal from an earlier time: nothing is sent again`, async ({ publish, journal, assertOnce }) => {
    await publish({ mode });
    const whole = readFileSync(journal);
    const lines = whole.toString().trimEnd().split('\n');
    const cuts = [lines[0] as string, lines.slice(0, lines.length / 2).join('\n')].map((text) => `${text}\n`);
    for (const text of [...cuts, whole.subarray(0, -5)]) {
      writeFileSync(journal, text);
      const again = await publish({ mode });
      assert.is(again.sent, 0);
      assert.ok(again.finished);
      await assertOnce();
    }
  });

  scene(`${mode}: cut at any byte, the next run sends nothing twice`, async ({ publish, journal, assertOnce }) => {
    await publish({ mode });
    const whole = readFileSync(journal);
    const random = new Random(7);
    for (const length of Array.from({ length: 12 }, () => random.below(whole.length))) {
      writeFileSync(journal, whole.subarray(0, length));
      const again = await publish({ mode, settleSeconds: 0.001 });
      assert.is(again.sent, 0, `cut at ${length}`);
    }
    await assertOnce();
  });
}

scene(
  'the journal is deleted while its jobs run: refused with their ids; later, nothing is sent again',
  async ({ publish, journal, assertOnce }) => {
    await publish({ wait: false });
    rmSync(journal);
    const error = await refusal('PUBLISH_OTHER_RUN', () => publish(), { exitCode: 5 });
    assert.match(error.message, /6 jobs are there.*: [0-9a-f-]{36}/);
    assert.match(error.hint ?? '', /Wait until it has ended.*--force/);
    assert.not.ok(existsSync(journal), 'a refusal leaves no journal behind');
    const forced = await publish({ force: true });
    assert.is(forced.sent, 0);
    await assertOnce();
  },
  { jobSeconds: 5 },
);

scene('on a fresh machine, events that are visible late are waited for', async (rig) => {
  rig.proxy.visibleAfterMs = 1_500;
  await rig.publish({ wait: false });
  await sleep(400);
  rmSync(rig.journal);
  const again = await rig.publish();
  assert.is(again.sent, 0);
  rig.proxy.visibleAfterMs = 0;
  await rig.assertOnce();
});

scene('a stream whose events are visible late: the run that sent them waits until it has seen them', async (rig) => {
  rig.proxy.visibleAfterMs = 1_000;
  const published = await rig.publish({ mode: 'stream' });
  assert.is(published.confirmed, true);
  await rig.assertOnce();
});

scene(
  'two runs with journals of their own: one publishes, the other is refused, and finds everything later',
  async ({ publish, folder, assertOnce }) => {
    const other = join(folder, 'elsewhere.jsonl');
    const runs = await Promise.allSettled([publish(), sleep(300).then(() => publish({ journal: other }))]);
    assert.is(runs[0].status, 'fulfilled');
    assert.is(runs[1].status, 'rejected');
    await refusal('PUBLISH_OTHER_RUN', () => Promise.reject((runs[1] as PromiseRejectedResult).reason));
    const again = await publish({ journal: other });
    assert.is(again.sent, 0);
    await assertOnce();
  },
  { jobSeconds: 1 },
);

for (const modes of cases(
  [['files', 'files'] as const, ['stream', 'stream'] as const, ['stream', 'files'] as const],
  2,
)) {
  scene(
    `${modes.join(' and ')}: two runs that see nothing of each other: one stops, one event is stored twice and named`,
    async ({ publish, proxy, folder, journal, stored, remove, assertOnce }) => {
      const other = join(folder, 'elsewhere.jsonl');
      proxy.onPost = meeting(50);
      const runs = await Promise.allSettled([publish({ mode: modes[0] }), publish({ mode: modes[1], journal: other })]);
      const reasons = runs.map((run) => (run.status === 'rejected' ? run.reason : null));
      const stopped = reasons.find(({ code }) => code === 'PUBLISH_OTHER_RUN');
      assert.match(stopped.message, /1 event of this run was sent at the same moment, and may be stored twice/);
      const told = reasons.find(({ code }) => code === 'PUBLISH_STORED_TWICE');
      const twice = /: (\S+)$/.exec(told.message)?.[1] as string;
      const ids = await stored();
      assert.equal([ids.length, new Set(ids).size], [ROWS + 1, ROWS]);
      assert.is(ids.filter((id) => id === twice).length, 2);
      await remove([twice]);
      for (const again of [
        { journal, mode: modes[0] },
        { journal: other, mode: modes[1] },
      ]) {
        assert.ok((await publish({ ...again, lagSeconds: 0.2 })).finished);
      }
      await assertOnce();
    },
    { jobSeconds: 0.3 },
  );
}

scene(
  'a run whose one event comes when the other is nearly done: the other waits for its job, and names the event',
  async ({ publish, proxy, folder }) => {
    const other = join(folder, 'elsewhere.jsonl');
    proxy.onPost = lateMeeting(1_500);
    const runs = await Promise.allSettled([publish(), publish({ journal: other })]);
    const codes = runs.map((run) => (run.status === 'rejected' ? run.reason.code : null));
    assert.equal(codes.sort(), ['PUBLISH_OTHER_RUN', 'PUBLISH_STORED_TWICE']);
  },
  { jobSeconds: 2 },
);

scene(
  'a journal beside it of other events is no other run',
  async ({ publish, folder, assertOnce }) => {
    await publish({ wait: false });
    const second = await writeEvents(folder, 'second', 50, { timestamp: (row) => recent(row + ROWS) });
    assert.is((await publish({ files: [second] })).sent, 50);
    await publish();
    await assertOnce(ROWS + 50);
  },
  { jobSeconds: 1 },
);

for (const honest of [true, false]) {
  scene(
    `a stream of which ${honest ? 'the answer lists' : 'the server stores'} 60 of 100: the others are sent`,
    async ({ publish, proxy, assertOnce }) => {
      proxy.storedShare = 0.6;
      proxy.honest = honest;
      const published = await publish({ mode: 'stream', lagSeconds: 0.2, concurrency: 1 });
      assert.ok(published.finished);
      assert.is(published.confirmed, true);
      await assertOnce();
    },
  );
}

scene('a job that ends well with a part of its rows: the others are sent', async (rig) => {
  const { publish, proxy, stored, remove } = rig;
  proxy.onSuccess = async () => {
    const ids = await stored();
    await remove(ids.slice(0, 40));
  };
  const published = await publish({ lagSeconds: 0.2 });
  assert.is(published.sent, ROWS);
  assert.is(published.confirmed, true);
  await rig.assertOnce();
});

scene('a server that was set back knows none of the jobs: one run puts it right', async (rig) => {
  const { publish, proxy, stored, remove, journal } = rig;
  await publish({ wait: false });
  const jobs = [...readFileSync(journal, 'utf8').matchAll(/"job_id":"([^"]+)"/g)].map(([, id]) => id as string);
  assert.is(jobs.length, CHUNKS);
  await sleep(500);
  const ids = await stored();
  await remove(ids.slice(150));
  proxy.forgottenJobs = new Set(jobs);
  const again = await publish({ lagSeconds: 0.2 });
  assert.ok(again.finished);
  assert.is(again.sent, ROWS - 150);
  await rig.assertOnce();
});

scene('spread days of a journal whose first line is cut: refused, as new times would make new events', async (rig) => {
  const timestamps = planDays({ days: 2, rowsPerDay: 100 });
  await rig.publish({ timestamps });
  truncateSync(rig.journal, 50);
  const copy = join(rig.folder, 'cut.jsonl');
  copyFileSync(rig.journal, copy);
  await refusal('JOURNAL_TORN', () => rig.publish({ timestamps, journal: copy }), { hint: '--until' });
  await rig.assertOnce(200);
});

scene('a baseline of any size is one file, and one request', async (rig) => {
  const { publish, proxy, folder, direct, model } = rig;
  const files = [await writeEvents(folder, 'r1', 250), await writeEvents(folder, 'r2', 150, { seed: 5 })];
  const environment = { type: 'PRE_PRODUCTION' as const, name: 'reference' };
  const published = await publish({ files, environment });
  assert.is(published.sent, 400);
  assert.is(proxy.posts.length, 1);
  assert.is((await direct.environments.byName(model.id, 'reference'))?.row_count, 400);
  // The server refuses a second file of a dataset, whatever it holds: so none is sent, also without the journal.
  const file = await direct.files.upload({ bytes: readFileSync(files[0] as string) }, { filename: 'again.parquet' });
  const again = { modelId: model.id, envType: environment.type, envName: environment.name, fileId: file.id };
  await refusal('CONFLICT', () => direct.events.publishFile(again));
  rmSync(`${files[0]}.publish-reference.jsonl`);
  assert.is((await publish({ files, environment })).sent, 0);
  assert.is(proxy.posts.length, 1);
  const other = await writeEvents(folder, 'other', 30);
  await refusal('PUBLISH_BASELINE_EXISTS', () => publish({ files: [other], environment }));
  assert.not.ok(existsSync(`${other}.publish-reference.jsonl`), 'a refusal leaves no journal behind');
});
