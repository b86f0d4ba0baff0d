/**
 * Commands in a process of their own say and write the same as in the warm process that other specs use.
 * @long: every command starts a process
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpz } from '../support/npz-file.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, type CliOptions, type CliRun, runCli, runCliAlone, temporaryFolder, test } from '../support/test.js';

const MODEL = ['--weights', 'fashion-mnist-resnet18'];
const COUNT = 40;

/** The path from images to a verdict, and what goes wrong on it. */
const COMMANDS: readonly (readonly string[])[] = [
  ['--version'],
  [],
  ['models', '--json'],
  ['inspect', 'images.npz'],
  ['embed', 'images.npz', ...MODEL, '--out', 'events.parquet'],
  ['baseline', 'events.parquet', '--out', 'profile.json'],
  ['drift', 'events.parquet', '--baseline', 'profile.json', '--json'],
  ['merge', 'profile.json', '--out', 'profile.json'],
  ['publish', 'events.parquet'],
  ['inspect', 'missing.npz', '--json'],
  ['embbed'],
];

function writeImages(folder: string): void {
  const values = pixels('processes', COUNT * 32 * 32 * 3);
  writeNpz(join(folder, 'images.npz'), { arr_0: { descr: '|u1', shape: [COUNT, 32, 32, 3], values } });
}

function all(run: (args: readonly string[], options: CliOptions) => CliRun): { runs: CliRun[]; files: string[][] } {
  // The name of the folder is part of the events.
  const folder = join(temporaryFolder(), 'here');
  mkdirSync(folder);
  writeImages(folder);
  const runs = COMMANDS.map((args) => run(args, { cwd: folder }));
  const made = readdirSync(folder).filter((name) => name !== 'images.npz');
  const files = made.map((name) => [name, sha256(join(folder, name))]);
  return { runs, files };
}

test('the same words, exit codes and files in a process of its own', () => {
  const [own, warm] = [all(runCliAlone), all(runCli)];
  for (const [i, args] of COMMANDS.entries()) {
    assert.equal(untimed(warm.runs[i]!), untimed(own.runs[i]!), args.join(' '));
  }
  assert.equal(warm.files, own.files);
  assert.equal(
    own.runs.map(({ status }) => status),
    [0, 0, 0, 0, 0, 0, 0, 2, 4, 4, 2],
  );
});

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Rates differ from run to run. */
function untimed(run: CliRun): CliRun {
  const words = (text: string) => text.replace(/[\d.,]+ (s|images\/s)\b/g, '# $1');
  return { status: run.status, stdout: words(run.stdout), stderr: words(run.stderr) };
}
