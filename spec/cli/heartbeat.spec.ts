import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { heartbeat, Progress } from '../../cli/heartbeat.js';
import { requestLog } from '../../cli/request-log.js';
import { assert, runCliAlone, temporaryFolder, test } from '../support/test.js';

/** A clock that is a hundred times too fast, for a process and its timers: 20 seconds are over in 0.2. */
const FAST_CLOCK = `
const { performance, setInterval: real } = globalThis;
const now = performance.now.bind(performance);
performance.now = () => 100 * now();
globalThis.setInterval = (task, pause, ...rest) => real(task, pause / 100, ...rest);
`;

const folder = temporaryFolder();
const clock = join(folder, 'fast-clock.mjs');
writeFileSync(clock, FAST_CLOCK);

/** Rows of two values in six clusters: enough that k-means takes its time. */
function table(rows: number): string {
  const path = join(folder, `${rows}.csv`);
  const line = (row: number) => `"[${(row % 6) + Math.sin(row)}, ${Math.cos(row * 1.7)}]"`;
  writeFileSync(path, `embeddings\n${Array.from({ length: rows }, (_, row) => line(row)).join('\n')}\n`);
  return path;
}

function baseline(...flags: string[]) {
  return runCliAlone(['baseline', table(15_000), '--out', join(folder, 'profile.json'), ...flags], {
    env: { NODE_OPTIONS: `--import ${pathToFileURL(clock).href}` },
  });
}

test('a command that computes for long says that it goes on, and no word more than before with --json and --quiet', () => {
  const { stdout, stderr, status } = baseline();
  assert.is(status, 0, stderr);
  const lines = stderr.split('\n').filter((line) => line.startsWith('baseline: '));
  assert.ok(lines.length > 0, stderr);
  for (const line of lines) assert.match(line, /^baseline: [\d.]+ (s|min( \d+ s)?|h) so far$/);
  assert.not.match(stdout, 'so far');
  for (const flag of ['--json', '--quiet']) assert.not.match(baseline(flag).stderr, 'so far', flag);
});

/** What is said on stderr while a command runs by a clock that only `pass` moves on. */
async function said(command: (pass: (seconds: number) => void) => void | Promise<void>): Promise<string> {
  const [write, { now }] = [process.stderr.write, performance];
  let [text, clock] = ['', 1_000];
  process.stderr.write = (part: string | Uint8Array) => {
    text += part;
    return true;
  };
  performance.now = () => clock * 1000;
  try {
    await command((seconds) => {
      clock += seconds;
    });
  } finally {
    process.stderr.write = write;
    performance.now = now;
  }
  return text;
}

test('the line has the progress of the task under way, at most one in 20 seconds', async () => {
  const written = await said((pass) => {
    const end = heartbeat.begin('drill');
    const progress = new Progress(false);
    const update = (done: number) => progress.update('drilling', done, 1_000, 'images');
    for (let done = 0; done < 1_000; done += 10) {
      update(done);
      pass(1);
    }
    progress.end();
    pass(100);
    end();
    update(1_000);
  });
  assert.equal(written.split('\n'), [
    ...['drill: 20 s so far, drilling 200/1,000  20 %  10 images/s  80 s left'],
    ...['drill: 40 s so far, drilling 400/1,000  40 %  10 images/s  60 s left'],
    ...['drill: 60 s so far, drilling 600/1,000  60 %  10 images/s  40 s left'],
    ...['drill: 80 s so far, drilling 800/1,000  80 %  10 images/s  20 s left', ''],
  ]);
});

test('where nothing was done for a while, the line does not promise what was true before', async () => {
  const written = await said(async (pass) => {
    const end = heartbeat.begin('drill');
    const progress = new Progress(false);
    progress.update('drilling', 0, 200, 'images');
    pass(10);
    progress.update('drilling', 100, 200, 'images');
    pass(30);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    end();
  });
  assert.is(written, 'drill: 40 s so far, drilling 100/200  50 %  2.5 images/s  40 s left\n');
});

test('a server that is asked again: what it answers is in the line, and in one of its own', async () => {
  const failure = 'GET http://f/v3/jobs: status 502: with a web page "Bad gateway"';
  const event = { method: 'GET', path: '/v3/jobs', attempt: 4, seconds: 0.1, bytesOut: 0, bytesIn: 9 } as const;
  const written = await said((pass) => {
    const end = heartbeat.begin('publish');
    const { onRequest } = requestLog({}, []);
    onRequest({ ...event, status: 502, failure, waitSeconds: 0.7 });
    onRequest({ ...event, status: 502, failure, waitSeconds: 8 });
    pass(8);
    onRequest({ ...event, status: 502, failure, waitSeconds: 16 });
    pass(16);
    heartbeat.tell(() => 'publishing');
    onRequest({ ...event, status: 200, failure: null, waitSeconds: null });
    pass(20);
    heartbeat.tell(() => 'publishing');
    requestLog({ json: true }, []).onRequest({ ...event, status: 502, failure, waitSeconds: 8 });
    end();
  });
  assert.equal(written.split('\n'), [
    `${failure}; again in 8 s`,
    `publish: 24 s so far, publishing, waiting: ${failure}`,
    'publish: 44 s so far, publishing',
    '',
  ]);
});
