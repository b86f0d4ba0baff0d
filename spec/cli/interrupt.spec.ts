/**
 * @alone: measures how long a process takes to end
 * @long: nothing runs beside it
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NOW, writeEvents } from '../fiddler/publish/publish-support.js';
import { allChecks, amount, assert, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const IMAGES = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
const MODEL = ['--weights', 'fashion-mnist-resnet18'];
/** Two rows an hour, so that there are many windows by time: up to 9,000 of the 10,000 that `drift` takes. */
const EVENTS = { dimensions: 64, timestamp: (row: number) => NOW + row * 1_800_000 };
/** Processor time after which a command is in its computation. */
const STARTED_SECONDS = 1.5;
const LIMIT_MS = 1_000;
const EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

const folder = temporaryFolder();

/** Seconds of processor time, of all threads. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How long a command takes to end after the signal, in ms, and its exit code. */
async function interrupted(args: readonly string[], signal: 'SIGINT' | 'SIGTERM') {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (processorSeconds(child.pid!) < STARTED_SECONDS) {
    await pause(20);
    if (child.exitCode !== null) throw new Error(`${args.join(' ')}: ended by itself, with ${child.exitCode}`);
  }
  const sent = performance.now();
  child.kill(signal);
  const [code] = (await ended) as [number | null];
  return { code, milliseconds: performance.now() - sent };
}

const LONG: readonly { of: string; args: readonly string[] }[] = [
  { of: 'k-means', args: ['baseline', 'large.parquet', '--clusters', '200', '--out', 'new.json'] },
  { of: 'thousands of windows', args: ['drift', 'large.parquet', '--baseline', 'profile.json', '--window', '1h'] },
  {
    of: 'tests of rows, and UMAP',
    args: [
      ...['drift', 'large.parquet', 'other.parquet', '--baseline', 'profile.json', '--methods', 'all', '--report'],
      ...['r.html'],
    ],
  },
  {
    of: 'a drill',
    args: ['drill', IMAGES, ...MODEL, '--baseline', 'images.json', '--methods', 'classifier', '--corruptions', 'blur'],
  },
  { of: 'a network', args: ['embed', IMAGES, ...MODEL, '--out', 'events.parquet', '--backend', 'simd'] },
  { of: 'the demo', args: ['demo', '--backend', 'simd'] },
];

test('signals end every long computation within a second', async () => {
  await writeEvents(folder, 'large', amount(18_000, 8_000), EVENTS);
  await writeEvents(folder, 'other', 2_000, { ...EVENTS, seed: 1 });
  const chosen = allChecks ? LONG : LONG.slice(0, 2);
  const needed = chosen.flatMap(({ args }) => args);
  if (needed.includes('profile.json')) {
    assert.is(runCli(['baseline', 'other.parquet', '--out', 'profile.json'], { cwd: folder }).status, 0);
  }
  if (needed.includes('images.json')) {
    assert.is(runCli(['embed', IMAGES, ...MODEL, '--out', 'i.parquet'], { cwd: folder }).status, 0);
    assert.is(runCli(['baseline', 'i.parquet', '--out', 'images.json'], { cwd: folder }).status, 0);
  }
  const before = readdirSync(folder).sort();
  for (const [i, { of, args }] of chosen.entries()) {
    const signal = i % 2 === 0 ? 'SIGINT' : 'SIGTERM';
    const { code, milliseconds } = await interrupted(args, signal);
    assert.is(code, EXIT[signal], of);
    assert.ok(milliseconds < LIMIT_MS, `${of}: ends ${milliseconds.toFixed(0)} ms after ${signal}`);
  }
  const left = readdirSync(folder).filter((name) => !before.includes(name) && name !== 'demo-out');
  assert.equal(left, [], 'nothing half-written is left');
});
