import { spawn } from 'node:child_process';
import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FileError, type LockOwner, RunLock } from '../../files/system/index.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const held = (owner: LockOwner | null) => new FileError('HELD', `by ${owner?.pid}`);
const ELSEWHERE: LockOwner = { pid: 1, host: `not-${hostname()}`, started: null, id: 'x' };

function lockOf(owner: LockOwner): string {
  const path = join(temporaryFolder(), 'lock');
  writeFileSync(path, JSON.stringify(owner));
  return path;
}

test('a lock of another machine stays, unless it is silent for the time that is given', async () => {
  const path = lockOf(ELSEWHERE);
  await refusal('HELD', () => RunLock.take(path, { held }));
  const waits: number[] = [];
  const lock = await RunLock.take(path, { held, silentMs: 90, onWait: (_, milliseconds) => waits.push(milliseconds) });
  assert.equal(waits, [90]);
  await lock.release();
  assert.is(existsSync(path), false);
});

test('a lock of another machine that is touched stays', async () => {
  const path = lockOf(ELSEWHERE);
  let time = 1_700_000_000;
  const beat = setInterval(() => utimesSync(path, time, time++), 20);
  await refusal('HELD', () => RunLock.take(path, { held, silentMs: 600 }));
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
  const path = lockOf({ pid: child.pid!, host: hostname(), started: null, id: 'x' });
  await refusal('HELD', () => RunLock.take(path, { held }));
  await (await RunLock.take(path, { held, graceMs: 10_000 })).release();
});

test('a run that was killed while it took over a dead lock does not stop the next one', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await new Promise((resolve) => child.on('exit', resolve));
  const path = lockOf({ pid: child.pid!, host: hostname(), started: 'earlier', id: 'x' });
  const guard = `${path}.takeover`;
  writeFileSync(guard, '');
  const recently = Date.now() / 1000 - 9.7;
  utimesSync(guard, recently, recently);
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
  const path = lockOf({ pid: process.pid, host: hostname(), started: null, id: 'x' });
  writeFileSync(`${path}.takeover`, '');
  await refusal('HELD', () => RunLock.take(path, { held }));
});
