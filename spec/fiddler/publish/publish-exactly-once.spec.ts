import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { INTERRUPTED, type PublishOptions, planDays, publishEvents } from '../../../fiddler/publish/index.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';
import { FakeFiddler, type Fate } from './fake-fiddler.js';
import { modelOf, writeEvents } from './publish-support.js';

const ROWS = 40;
const recent = (row: number) => Date.now() - 86_400_000 - row * 60_000;

/** @param fates of the first requests that publish */
async function setUp(options: Partial<PublishOptions> = {}, fates: Fate[] = [], model = modelOf()) {
  const folder = temporaryFolder();
  const file = await writeEvents(folder, 'a', ROWS, { timestamp: recent });
  const server = new FakeFiddler(model);
  server.fates = [...fates];
  const publish = (more: Partial<PublishOptions> = {}) =>
    publishEvents(server.client(), {
      ...{ files: [file], model, environment: { type: 'PRODUCTION' } },
      ...{ rowsPerFile: 10, settleSeconds: 0.02, lagSeconds: 0.2, ...options, ...more },
    });
  return { folder, file, server, publish, journal: `${file}.publish-production.jsonl` };
}

function assertOnce({ ids }: FakeFiddler): void {
  assert.equal([ids.length, new Set(ids).size], [ROWS, ROWS], 'stored, different');
}

for (const mode of ['files', 'stream'] as const) {
  const fates: [string, Fate[]][] = [
    ['all is well', []],
    ['an answer is lost after the work', ['done-unanswered', 'done', 'done-unanswered']],
    ['a request is lost', ['lost', 'done', 'lost', 'lost']],
    ['a request arrives late', [{ lateMs: 10 }, 'done', { lateMs: 15 }]],
    ['only a part is stored', ['done', { onlyRows: 4 }]],
    ['a part, and then the rest is lost', ['done', { onlyRows: 4 }, 'done', 'lost', 'lost', 'done-unanswered']],
  ];
  for (const [name, order] of fates) {
    test(`${mode}: ${name}`, async () => {
      const { server, publish } = await setUp({ mode }, [...order]);
      const published = await publish();
      await new Promise((resolve) => setTimeout(resolve, 30));
      assertOnce(server);
      assert.is(published.sent + published.alreadyThere, ROWS);
      assert.ok(published.finished);
      const before = server.calls.length;
      const again = await publish();
      assert.is(again.sent, 0);
      assert.ok(again.confirmed);
      assert.equal(server.calls.slice(before), ['server-info', 'download'], 'a finished journal is asked for again');
      assertOnce(server);
    });
  }
}

test('cut at any line of the journal, the next run finishes and sends nothing twice', async () => {
  for (const mode of ['files', 'stream'] as const) {
    const { server, publish, journal } = await setUp({ mode, lagSeconds: 0.03, concurrency: 1 });
    await publish();
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    for (let kept = 1; kept < lines.length; kept++) {
      // A crash never loses a `sending` whose request went out: only cuts behind the last one can be.
      if (lines.slice(kept).some((line) => line.includes('"sending"'))) continue;
      writeFileSync(journal, `${lines.slice(0, kept).join('\n')}\n`);
      const again = await publish();
      assert.ok(again.finished, `${mode}, cut after line ${kept}`);
      assert.is(again.sent, 0);
      assertOnce(server);
    }
  }
});

test('events that become visible later than their job ends are waited for', async () => {
  const fates: Fate[] = ['done', 'done-unanswered', 'done', 'done-unanswered'];
  const { server, publish } = await setUp({ lagSeconds: 2, concurrency: 1 }, fates);
  server.visibleAfterMs = 300;
  await publish();
  await new Promise((resolve) => setTimeout(resolve, 350));
  assertOnce(server);
});

test('a request that never arrived is not waited for beyond the settle time when the jobs tell', async () => {
  const fates: Fate[] = ['done', 'done-unanswered', 'lost', 'lost'];
  const { server, publish } = await setUp({ lagSeconds: 600, concurrency: 1 }, fates);
  await publish();
  assertOnce(server);
});

test('jobs that others ran before are waited for no longer than the lag', async () => {
  const { server, publish } = await setUp({ lagSeconds: 0.3, concurrency: 2 });
  const info = { env_type: 'PRODUCTION', env_name: null };
  for (let i = 0; i < 50; i++) server.jobs.push({ id: `other-${i}`, status: 'SUCCESS', info });
  server.jobs.push({ id: 'other-baseline', status: 'STARTED', info: { env_type: 'PRE_PRODUCTION', env_name: 'b' } });
  server.fates = ['lost', 'done-unanswered', 'lost'];
  await publish();
  assertOnce(server);
});

test('a job that fails half-way: reason and rows are told; run again, the missing ones are sent', async () => {
  const { server, publish, journal } = await setUp({ concurrency: 1 }, ['done', 'done', { failsAfterRows: 3 }]);
  const message = /a\.parquet rows 10 to 19.*BadRow: of row 3/;
  await refusal('PUBLISH_JOB_FAILED', () => publish(), { message, exitCode: 5 });
  assert.match(readFileSync(journal, 'utf8'), /"state":"failed"/);
  await publish();
  assertOnce(server);
});

test('a refusal is told and nothing is in doubt afterwards', async () => {
  const { server, publish } = await setUp({ concurrency: 1 }, ['done', 'refused']);
  await refusal('REJECTED', () => publish());
  server.readsBack = false;
  await publish();
  assertOnce(server);
});

test('a server that does not let one read back: stops, exit 5, until --resend', async () => {
  for (const broken of ['reads', 'ids'] as const) {
    const model = modelOf(broken === 'ids' ? { eventIdColumn: null } : {});
    const { server, publish } = await setUp({ concurrency: 1 }, ['done', 'lost'], model);
    server.readsBack = broken === 'ids';
    await refusal('PUBLISH_OUTCOME_UNKNOWN', () => publish(), { exitCode: 5 });
    await refusal('PUBLISH_OUTCOME_UNKNOWN', () => publish());
    await publish({ resend: true });
    assert.is(server.stored.length, ROWS);
  }
});

test('a server that shows a part of what it has: sent once more, and no third time', async () => {
  const { server, publish } = await setUp({ concurrency: 1, lagSeconds: 0.01 });
  server.showsAtMost = 7;
  const says = { hint: 'the server may store fewer events, or show fewer', exitCode: 5 };
  await refusal('PUBLISH_INCOMPLETE', () => publish(), says);
  assert.ok(server.stored.length < 2 * ROWS, `${server.stored.length} stored`);
});

test('an answer that lists one id for all events is a short one: the server is looked at', async () => {
  const { server, publish } = await setUp({ mode: 'stream', concurrency: 1 });
  server.repeatsIds = true;
  const { finished, lookedUp } = await publish();
  assert.ok(finished && lookedUp > 0);
  assertOnce(server);
});

test('a list of jobs that begins with the oldest is read to its end', async () => {
  const { server, publish } = await setUp();
  const info = { env_type: 'PRODUCTION', env_name: null };
  const start = Date.now() - 86_400_000;
  const old = (i: number) => ({ id: `old-${i}`, status: 'SUCCESS', info, created_at: start + i * 1_000 });
  server.jobs.push(...Array.from({ length: 600 }, (_, i) => old(i)));
  server.jobs.push({ id: 'running', status: 'STARTED', info, created_at: Date.now() });
  await refusal('PUBLISH_OTHER_RUN', () => publish(), /: running$/);
  assert.is(server.stored.length, 0);
});

test('without a journal, what the server has already is not sent again', async () => {
  const { server, publish, journal } = await setUp();
  await publish();
  rmSync(journal);
  const { sent, alreadyThere } = await publish();
  assert.equal([sent, alreadyThere], [0, ROWS]);
  assertOnce(server);
  server.stored.splice(5, 10);
  rmSync(journal);
  assert.is((await publish()).sent, 10);
  assertOnce(server);
});

test('a baseline: once, and not mixed with another of its name', async () => {
  const environment = { type: 'PRE_PRODUCTION', name: 'reference' } as const;
  const { folder, server, publish } = await setUp({ environment }, ['done-unanswered', 'lost']);
  await publish();
  assertOnce(server);
  const other = await writeEvents(folder, 'other', ROWS);
  await refusal('PUBLISH_BASELINE_EXISTS', () => publish({ files: [other] }));
  assertOnce(server);
});

test('spread days are the same after a restart, whatever the time then', async () => {
  const timestamps = planDays({ days: 4, rowsPerDay: 10 });
  const { server, publish } = await setUp({ timestamps, concurrency: 1 }, ['done', 'refused']);
  await refusal('REJECTED', () => publish());
  await new Promise((resolve) => setTimeout(resolve, 20));
  await publish();
  assertOnce(server);
  assert.is(new Set(server.stored.map(({ timestamp }) => timestamp)).size, 4);
});

test('a journal of something else is refused and left as it is', async () => {
  const { folder, file, server, publish, journal } = await setUp();
  await publish();
  const before = readFileSync(journal, 'utf8');
  const other = await writeEvents(folder, 'other', ROWS, { timestamp: recent });
  const options = { files: [file], model: modelOf(), environment: { type: 'PRODUCTION' as const }, rowsPerFile: 10 };
  const cases: [string, () => Promise<unknown>][] = [
    ['JOURNAL_OTHER_FILE', () => publish({ files: [other], journal })],
    ['JOURNAL_OTHER_FILE', () => publish({ files: [file, other], journal })],
    ['JOURNAL_OTHER_PLAN', () => publish({ rowsPerFile: 7 })],
    ['JOURNAL_OTHER_PLAN', () => publish({ timestamps: planDays({ days: 2, rowsPerDay: 10 }) })],
    ['JOURNAL_OTHER_MODEL', () => publish({ model: { ...modelOf(), id: 'another' } })],
    ['JOURNAL_OTHER_ENVIRONMENT', () => publish({ environment: { type: 'PRE_PRODUCTION', name: 'b' }, journal })],
    ['JOURNAL_OTHER_SERVER', () => publishEvents(server.client('http://other.example'), options)],
  ];
  for (const [code, attempt] of cases) assert.ok((await refusal(code, attempt)).hint !== null);
  assert.is(readFileSync(journal, 'utf8'), before);
  assertOnce(server);
});

test('stopped by its signal, it goes on later', async () => {
  const { server, publish } = await setUp({ concurrency: 1 });
  const controller = new AbortController();
  const onProgress: PublishOptions['onProgress'] = ({ stage }) => {
    if (stage === 'publishing') controller.abort();
  };
  await refusal(INTERRUPTED, () => publish({ signal: controller.signal, onProgress }));
  await publish();
  assertOnce(server);
});

test('no wait: accepted is enough, and a later run waits', async () => {
  const { server, publish } = await setUp();
  server.jobMs = 200;
  assert.not.ok((await publish({ wait: false })).finished);
  assert.is(server.count('job'), 0);
  const { finished, sent } = await publish();
  assert.equal([finished, sent], [true, 0]);
  assertOnce(server);
});

test('events that are wrong send nothing and leave no journal', async () => {
  const file = await writeEvents(temporaryFolder(), 'a', 5, { timestamp: () => Date.now() + 1e9 });
  const server = new FakeFiddler(modelOf());
  const options = { files: [file], model: modelOf(), environment: { type: 'PRODUCTION' as const } };
  await refusal('PUBLISH_TIMESTAMP_FUTURE', () => publishEvents(server.client(), options));
  assert.equal(server.calls, ['server-info']);
  assert.not.ok(existsSync(`${file}.publish-production.jsonl`));
});

test('a request of a chunk: jobs of others, one upload, one publish, one question for the job; at all times and at those of the events, a look before and one after all', async () => {
  const { server, publish } = await setUp({ concurrency: 1 });
  await publish();
  const counts = Object.fromEntries([...new Set(server.calls)].map((call) => [call, server.count(call)]));
  const expected = { 'server-info': 1, download: 3, jobs: 8, upload: 5, publish: 5, job: 5 };
  assert.is(JSON.stringify(counts), JSON.stringify(expected), 'in this order');
});
