import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, endedWith, longTest, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const folder = temporaryFolder();
const IMAGES = 3000;
const COMMAND = ['embed', 'many.npz', '--weights', 'fashion-mnist-resnet18', '--backend', 'simd'];

/** Ends the command by a signal once something is saved: the second part begins after the first one was reported. */
async function interrupted(
  out: string,
  signal: 'SIGINT' | 'SIGKILL',
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...COMMAND, '--out', out, '--save-every', '0.01'], { cwd: folder });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  while (child.exitCode === null && !existsSync(join(folder, `${out}.parts`, '00000002.part'))) await pause(5);
  child.kill(signal);
  return { code: await ended, stderr };
}

longTest('Ctrl-C: exit code 130, a line that says what is saved, and a command that goes on', async () => {
  writeNpz(join(folder, 'many.npz'), {
    arr_0: { descr: '|u1', shape: [IMAGES, 32, 32, 3], values: pixels(IMAGES, 32) },
  });
  endedWith(0, runCli([...COMMAND, '--out', 'whole.parquet'], { cwd: folder }));
  const { code, stderr } = await interrupted('events.parquet', 'SIGINT');
  assert.is(code, 130);
  assert.match(
    stderr,
    /[\d,]+ images are finished and saved in events\.parquet\.parts; the same command goes on from there\./,
  );
  assert.is(existsSync(join(folder, 'events.parquet')), false);

  await interrupted('events.parquet', 'SIGKILL');
  const again = endedWith(0, runCli([...COMMAND, '--out', 'events.parquet', '--json'], { cwd: folder }));
  const { rows, resumed, notices } = JSON.parse(again.stdout);
  assert.is(rows, IMAGES);
  assert.ok(resumed > 0 && resumed < IMAGES, `${resumed} were saved`);
  assert.match(notices.join('\n'), 'were finished before; this run goes on from there');
  const bytes = (name: string) => readFileSync(join(folder, name));
  assert.ok(bytes('events.parquet').equals(bytes('whole.parquet')));
  assert.is(readdirSync(folder).includes('events.parquet.parts'), false);
});

test('--save-every takes seconds', () => {
  const run = runCli([...COMMAND, '--out', 'x.parquet', '--save-every=-1'], { cwd: folder });
  endedWith(2, run, '--save-every takes seconds, or 0 for never, not -1');
});
