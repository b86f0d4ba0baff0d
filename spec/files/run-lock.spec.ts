import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FileError, type LockOwner, RunLock } from '../../files/system/index.js';
import { PROCESS_PLACE } from '../../platform/node/index.js';
import { assert, packageRoot, refusal, temporaryFolder, test } from '../support/test.js';

const held = (owner: LockOwner | null) => new FileError('HELD', `by ${owner?.pid}`);
const ELSEWHERE: LockOwner = { pid: 1, host: hostname(), started: null, id: 'x', place: 'another', silentMs: 90 };

function lockOf(owner: LockOwner): string {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, JSON.stringify(owner));
  return path;
}

test('a lock of another machine stays, unless it is silent for the time that is given', async () => {
  await refusal('HELD', () => RunLock.take(lockOf({ ...ELSEWHERE, silentMs: 0 }), { held }));
  const path = lockOf(ELSEWHERE);
  const waits: number[] = [];
  const lock = await RunLock.take(path, { held, onWait: (_, milliseconds) => waits.push(milliseconds) });
  assert.equal(waits, [90]);
  await lock.release();
  assert.is(existsSync(path), false);
});

test('a lock of another machine that is touched stays', async () => {
  const path = lockOf({ ...ELSEWHERE, silentMs: 600 });
  let time = 1_700_000_000;
  const beat = setInterval(() => utimesSync(path, time, time++), 20);
  await refusal('HELD', () => RunLock.take(path, { held }));
  clearInterval(beat);
});

test('a lock that is held shows signs of life', async () => {
  const path = join(temporaryFolder(), 'lock');
  const lock = await RunLock.take(path, { held, silentMs: 60 });
  utimesSync(path, 1, 1);
  for (let waited = 0; waited < 5000 && statSync(path).mtimeMs < 10_000; waited += 10) await pause(10);
  assert.ok(Date.now() - statSync(path).mtimeMs < 60_000);
  await lock.release();
  assert.is(existsSync(path), false);
});

test('a process of this machine that is about to end is waited for', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 300)'], { stdio: 'ignore' });
  const path = lockOf({ pid: child.pid!, host: hostname(), place: PROCESS_PLACE, started: null, id: 'x' });
  await refusal('HELD', () => RunLock.take(path, { held }));
  await (await RunLock.take(path, { held, graceMs: 10_000 })).release();
});

test('a run that was killed while it took over a dead lock does not stop the next one', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await new Promise((resolve) => child.on('exit', resolve));
  const path = lockOf({ pid: child.pid!, host: hostname(), place: PROCESS_PLACE, started: 'earlier', id: 'x' });
  const guard = `${path}.takeover`;
  writeFileSync(guard, '');
  await (await RunLock.take(path, { held })).release();
  assert.is(existsSync(guard), false);
});

test('a run that was killed when it had removed a dead lock leaves nothing that stays', async () => {
  const path = join(temporaryFolder(), 'lock');
  const guard = `${path}.takeover`;
  writeFileSync(guard, '');
  await (await RunLock.take(path, { held })).release();
  assert.is(existsSync(guard), false);
});

test('a live lock is refused at once, also while another run looks at it', async () => {
  const path = lockOf({ pid: process.pid, host: hostname(), place: PROCESS_PLACE, started: null, id: 'x' });
  writeFileSync(`${path}.takeover`, '');
  await refusal('HELD', () => RunLock.take(path, { held }));
});

/** Holds the lock until its input ends, in a PID namespace of its own where `apart`; the host name is this one's. */
async function holder(path: string, apart: boolean) {
  const script = `import { RunLock } from 'image-drift/files';
    const lock = await RunLock.take(process.argv[1], { held: () => new Error('HELD'), silentMs: 900 });
    console.log('has it');
    process.stdin.on('data', () => {
      try { lock.check(); console.log('writes'); } catch (error) { console.log(error.message); }
    });`;
  const node = [process.execPath, '--input-type=module', '-e', script, path];
  const [program, ...words] = apart ? ['unshare', '-p', '--fork', '--kill-child', '--mount-proc', ...node] : node;
  const child = spawn(program!, words, { stdio: ['pipe', 'pipe', 'inherit'], cwd: packageRoot });
  const said = () =>
    new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data).trim())));
  assert.is(await said(), 'has it');
  return { child, said };
}

const hasNamespaces = spawnSync('unshare', ['-p', '--fork', '--mount-proc', 'true']).status === 0;
if (!hasNamespaces) console.log('SKIPPED (PID namespaces): two containers of one host name');

if (hasNamespaces) {
  test('two containers of one host name: the second is refused; it takes over after a kill and a silence', async () => {
    const path = join(temporaryFolder(), 'lock');
    const { child, said } = await holder(path, true);
    await refusal('HELD', () => RunLock.take(path, { held }));
    child.stdin.write('x');
    assert.is(await said(), 'writes');
    child.kill('SIGKILL');
    const begin = performance.now();
    await (await RunLock.take(path, { held })).release();
    assert.ok(performance.now() - begin > 800);
  });
}

test('a holder that was killed here is followed at once', async () => {
  const path = join(temporaryFolder(), 'lock');
  const { child } = await holder(path, false);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.on('exit', resolve));
  const begin = performance.now();
  await (await RunLock.take(path, { held })).release();
  assert.ok(performance.now() - begin < 800);
});

test('a holder that slept while another took its lock over writes no more, and leaves the lock', async () => {
  const path = join(temporaryFolder(), 'lock');
  const { child, said } = await holder(path, false);
  child.kill('SIGSTOP');
  const owner = JSON.parse(readFileSync(path, 'utf8')) as LockOwner;
  writeFileSync(path, JSON.stringify({ ...owner, place: 'another' }));
  const lock = await RunLock.take(path, { held });
  child.kill('SIGCONT');
  child.stdin.write('x');
  assert.is(await said(), 'HELD');
  lock.check();
  child.kill('SIGKILL');
  await lock.release();
});
