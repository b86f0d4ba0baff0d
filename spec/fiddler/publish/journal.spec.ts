import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Journal, lockJournal } from '../../../fiddler/publish/journal/journal.js';
import type { JournalHeader } from '../../../fiddler/publish/journal/read.js';
import { PROCESS_PLACE } from '../../../platform/node/index.js';
import { assert, packageRoot, refusal, temporaryFolder, test } from '../../support/test.js';

const HEADER: JournalHeader = {
  ...{ journal: 'image-drift publish', version: 1, server: 'http://127.0.0.1:7575', organization: 'o' },
  model: { id: 'm', name: 'resnet18', version: 'v1', project: null },
  environment: { type: 'PRODUCTION', name: null },
  files: [{ path: 'a.parquet', sha256: '0'.repeat(64), bytes: 1 }],
  timestamps: { from: 'column' },
  ...{ plan: '1'.repeat(64), chunks: 3, rows: 30, at: '2026-11-25T12:00:00.000Z' },
};

/** @param use gets the path of a journal that is not there */
function journalTest(name: string, use: (path: string) => Promise<void>): void {
  test(name, () => use(join(temporaryFolder(), 'j.jsonl')));
}

async function begun(path: string): Promise<Journal> {
  const journal = await Journal.open(path);
  if (journal.header === null) journal.begin(HEADER);
  return journal;
}

type Noted = Parameters<Journal['note']>;

async function noted(path: string, ...records: Noted[]): Promise<void> {
  const journal = await begun(path);
  for (const record of records) await journal.note(...record);
  await journal.close();
}

journalTest('what was noted is known after a restart', async (path) => {
  const uploaded = (chunk: number): Noted => [chunk, { state: 'uploaded', file_id: `f${chunk}`, rows: 10 }];
  const sending = (chunk: number): Noted => [chunk, { state: 'sending' }];
  await noted(path, uploaded(0), sending(0), [0, { state: 'accepted', job_id: 'j0' }]);
  await noted(path, uploaded(1), sending(1), uploaded(2), sending(2), [2, { state: 'refused' }]);

  const again = await Journal.open(path);
  assert.equal(again.header, HEADER);
  assert.equal(again.stateOf(0), { is: 'accepted', jobId: 'j0' });
  const inDoubt = again.stateOf(1);
  assert.ok(inDoubt.is === 'unknown' && Date.now() - inDoubt.sentAt < 60_000);
  assert.equal(inDoubt, { is: 'unknown', file: { id: 'f1', rows: 10 }, failed: false, sentAt: inDoubt.sentAt });
  assert.equal(again.stateOf(2), { is: 'uploaded', file: { id: 'f2', rows: 10 } });
  assert.equal(again.stateOf(3), { is: 'new' });
  assert.ok(again.isOwnJob('j0'));
  await again.close();
});

journalTest('nothing is created before something is noted', async (path) => {
  const journal = await Journal.open(path);
  assert.is(journal.header, null);
  journal.begin(HEADER);
  await journal.close();
  assert.not.ok(existsSync(path));
});

journalTest('a file cut anywhere is a valid journal of what was whole, and can be gone on with', async (path) => {
  await noted(path, ...[0, 1, 2].map((chunk): Noted => [chunk, { state: 'done', rows: 10 }]));
  const whole = readFileSync(path);
  const ends = [...whole.entries()].filter(([, byte]) => byte === 10).map(([i]) => i + 1);
  const near = ends.flatMap((end) => [end - 40, end - 2, end - 1, end, end + 1]);
  const cuts = [0, 1, ...near].filter((length) => length <= whole.length);
  for (const length of cuts) {
    writeFileSync(path, whole.subarray(0, length));
    const cut = await Journal.open(path);
    const lines = ends.filter((end) => end <= length).length;
    assert.is(cut.header === null, lines === 0, `cut at ${length}`);
    if (cut.header === null) cut.begin(HEADER);
    for (let chunk = 0; chunk < 3; chunk++) assert.is(cut.stateOf(chunk).is === 'done', lines > chunk + 1);
    await cut.note(2, { state: 'done', rows: 10 });
    await cut.close();
    const again = await Journal.open(path);
    assert.is(again.stateOf(2).is, 'done', `gone on with after a cut at ${length}`);
    await again.close();
  }
});

journalTest('damage that is not a torn end is refused, and the file is left as it is', async (path) => {
  await noted(path, ...[0, 1, 2].map((chunk): Noted => [chunk, { state: 'done', rows: 10 }]));
  const lines = readFileSync(path, 'utf8').split('\n');
  const broken = [lines[0], '{"chunk":0,"state":"sent"}', ...lines.slice(2)].join('\n');
  writeFileSync(path, broken);
  await refusal('JOURNAL_DAMAGED', () => Journal.open(path), /line 2/);
  assert.is(readFileSync(path, 'utf8'), broken);
});

journalTest('another file in its place, and a newer version, are refused', async (path) => {
  writeFileSync(path, '{"some":"json"}\n');
  await refusal('JOURNAL_NOT_OURS', () => Journal.open(path));
  writeFileSync(path, `${JSON.stringify({ ...HEADER, version: 2 })}\n`);
  await refusal('JOURNAL_VERSION', () => Journal.open(path));
});

journalTest('records noted at once stand one after the other', async (path) => {
  const journal = await begun(path);
  await Promise.all(Array.from({ length: 40 }, (_, chunk) => journal.note(chunk, { state: 'sending' })));
  await journal.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  for (const [chunk, line] of lines.entries()) assert.is(JSON.parse(line).chunk, chunk);
  assert.is(lines.length, 40);
});

journalTest('a full disk: the note fails, so do all later ones, and the journal can be read', async (path) => {
  // A file size limit of 1 KiB stands for the full disk: the header fits, some notes fit, one is cut.
  const script = `
    import { Journal } from ${JSON.stringify(join(packageRoot, 'dist/fiddler/publish/journal/journal.js'))};
    process.on('SIGXFSZ', () => undefined);
    const journal = await Journal.open(process.argv[1]);
    await journal.begin(${JSON.stringify(HEADER)});
    const codes = [];
    for (let chunk = 0; chunk < 20; chunk++) {
      await journal.note(chunk, { state: 'sending' }).then(() => codes.push('ok'), (error) => codes.push(error.code));
    }
    console.log(JSON.stringify(codes));`;
  const command = `ulimit -f 1; exec "$0" --input-type=module -e "$1" "$2"`;
  const run = spawnSync('bash', ['-c', command, process.execPath, script, path], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  const codes = JSON.parse(run.stdout) as string[];
  const fitted = codes.indexOf('DISK_FULL');
  assert.ok(fitted > 0, run.stdout);
  assert.ok(codes.slice(fitted).every((code) => code === 'DISK_FULL'));
  const journal = await Journal.open(path);
  assert.is(journal.stateOf(fitted - 1).is, 'unknown');
  assert.is(journal.stateOf(fitted).is, 'new');
  await journal.close();
});

journalTest('a journal is locked for one run, and free after it', async (path) => {
  const lock = await lockJournal(path);
  await refusal('JOURNAL_LOCKED', () => lockJournal(path), new RegExp(`process ${process.pid} `));
  await lock.release();
  await (await lockJournal(path)).release();
  assert.not.ok(existsSync(`${path}.lock`));
});

journalTest('the lock of a process that is gone, or whose number another has now, is taken over', async (path) => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  for (const owner of [{ pid: gone }, { pid: process.pid, started: '1' }]) {
    writeFileSync(
      `${path}.lock`,
      JSON.stringify({ host: hostname(), place: PROCESS_PLACE, started: null, id: 'x', ...owner }),
    );
    await (await lockJournal(path)).release();
  }
});

journalTest('a lock that is being written is waited for', async (path) => {
  writeFileSync(`${path}.lock`, '{"pid":');
  const refused = refusal('JOURNAL_LOCKED', () => lockJournal(path));
  const owner = { pid: process.pid, host: hostname(), place: PROCESS_PLACE, started: null, id: 'slow' };
  setTimeout(() => writeFileSync(`${path}.lock`, JSON.stringify(owner)), 200);
  await refused;
});

journalTest('a lock whose writer was killed half-way is taken over after ten seconds', async (path) => {
  writeFileSync(`${path}.lock`, '{"pid":');
  const before = new Date(Date.now() - 9_500);
  utimesSync(`${path}.lock`, before, before);
  await (await lockJournal(path)).release();
});

journalTest('the lock of a process elsewhere is not', async (path) => {
  writeFileSync(`${path}.lock`, JSON.stringify({ pid: 1, host: 'elsewhere', started: null, id: 'x' }));
  await refusal('JOURNAL_LOCKED', () => lockJournal(path));
});

journalTest('of many runs at once that see a dead one, one gets the lock', async (path) => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  for (let round = 0; round < 20; round++) {
    writeFileSync(
      `${path}.lock`,
      JSON.stringify({ pid: gone, host: hostname(), place: PROCESS_PLACE, started: null, id: 'x' }),
    );
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => lockJournal(path)));
    const locks = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.is(locks.length, 1);
    await locks[0]?.release();
  }
});

journalTest('a torn line is cut off before anything is added', async (path) => {
  await noted(path, [0, { state: 'sending' }]);
  appendFileSync(path, '{"chunk":0,"state":"accep');
  await noted(path, [1, { state: 'sending' }]);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.is(lines.length, 3);
  assert.is(JSON.parse(lines[2] as string).chunk, 1);
});
