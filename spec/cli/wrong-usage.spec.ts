import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mayHaveGpu } from '../../engine/backends/webgpu/hardware.js';
import {
  assert,
  endedWith,
  packageRoot,
  readFixture,
  runCli,
  runCliAlone,
  runCliTo,
  temporaryFolder,
  test,
} from '../support/test.js';

const says = (args: string[]) => endedWith(2, runCli(args)).stderr;

test('a value that is no choice is told on one line, with those that are', () => {
  const told = says(['drift', 'x.csv', '--baseline', 'p.json', '--base', '10', '--window', '2d']);
  assert.match(told, /^error USAGE: --base "10": "e", "2" are possible; --window "2d": .* are possible$/m);
  assert.not.match(told, 'u000a');
});

test('a misspelt flag is named, also where it leaves another one missing', () => {
  assert.match(says(['drift', 'x.csv', '--basline', 'p.json']), /unknown flag --basline\nDid you mean --baseline\?/);
  assert.match(says(['baseline', 'x.csv', '--uot', 'p.json']), 'unknown flag --uot');
  assert.match(says(['drift', 'x.csv']), 'drift: --baseline is missing');
});

test('after -- come names of files, also those that begin with a dash', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '-x.csv'), 'embeddings\n"[1, 2]"\n');
  const inspected = (args: string[]) => runCli(['inspect', ...args], { cwd: folder });
  assert.match(inspected(['--', '-x.csv']).stdout, 'embeddings: 2 values');
  assert.match(inspected(['--json', '--', '-x.csv']).stdout, /^\{/);
  assert.match(inspected(['--', '--not-there.csv']).stderr, 'FILE_NOT_FOUND: ./--not-there.csv');
});

test('a file that a command takes no more of is refused, and not left aside', () => {
  assert.match(
    says(['baseline', 'a.parquet', 'b.parquet', '--out', 'p.json']),
    'baseline: b.parquet: is one too many\nIt takes EVENTS.',
  );
  assert.match(says(['demo', 'images/']), 'demo: images/: is one too many\nIt takes flags alone.');
});

test('a place where no file can be made is told before the work', () => {
  const folder = temporaryFolder();
  const commands = [
    ['baseline', 'x.csv', '--out'],
    ['drift', 'x.csv', '--baseline', 'p.json', '--report'],
    ['drift', 'x.csv', '--baseline', 'p.json', '--ranked'],
    ['embed', 'images/', '--weights', 'w', '--out'],
    ['merge', 'a.json', 'b.json', '--out'],
    ['convert', 'x.pth', '--onnx'],
  ];
  for (const command of commands) {
    const run = (out: string) => runCli([...command, out], { cwd: folder });
    const says = 'error FILE_NOT_FOUND: missing/x.parquet: there is no folder missing to write it in';
    endedWith(4, run('missing/x.parquet'), says);
    assert.match(run('.').stderr, 'error FILE_IS_FOLDER: .: is a folder, a file is needed');
    assert.match(run('/dev/full').stderr, 'error FILE_NOT_REGULAR: /dev/full');
  }
});

test('errors are JSON where it was asked for as --json=true, in the environment or in a config file', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'c.json'), '{"json": true}');
  const code = (args: string[], env: Record<string, string> = {}) => {
    const { stderr } = runCli(['inspect', 'not-there.npz', ...args], { cwd: folder, env });
    const last = stderr.trim().split('\n').at(-1)!;
    return last.startsWith('{') ? JSON.parse(last).error.code : last.split(':')[0];
  };
  assert.is(code(['--json=true']), 'FILE_NOT_FOUND');
  assert.is(code(['--config', 'c.json']), 'FILE_NOT_FOUND');
  assert.is(code([], { IMAGE_DRIFT_JSON: '1' }), 'FILE_NOT_FOUND');
  assert.is(code(['--no-json'], { IMAGE_DRIFT_JSON: '1' }), 'error FILE_NOT_FOUND');
  assert.is(code(['--json=false']), 'error FILE_NOT_FOUND');
  assert.match(runCli(['drift', 'x.csv'], { env: { IMAGE_DRIFT_JSON: '1' } }).stderr, /^{"error"/);
});

test('a threshold without a number, and a column without a name, are shown', () => {
  const folder = temporaryFolder();
  const events = join(folder, 'e.csv');
  // pandas writes its index as a column without a name.
  const rows = Array.from({ length: 60 }, (_, row) => `${row},"[${row % 7}, ${row % 5}, ${row}]"`);
  writeFileSync(events, `,embeddings\n${rows.join('\n')}\n`);
  const made = runCli(['baseline', events, '--out', join(folder, 'p.json')]);
  assert.match(made.stderr, 'only carried along: "".');
  const told = says(['drift', events, '--baseline', join(folder, 'p.json'), '--threshold', 'js=,psi=0.1']);
  assert.match(told, '--threshold js=,psi=0.1: a number is needed');
});

test('a side of nothing and a class without a name', () => {
  const convert = ['convert', 'x.pth', '--out', 'w'];
  for (const flag of ['--size', '--resize', '--crop']) assert.match(says([...convert, flag, '0']), `${flag} 0: a side`);
  assert.match(says([...convert, '--size', '32x0']), '--size 32x0: a side');
  assert.match(says([...convert, '--classes', 'a,,b']), '--classes a,,b: name 2 is empty');
});

test('times are those of the calendar, and no other words', () => {
  const files = ['embed', 'x.npz', '--weights', 'fashion-mnist-resnet18', '--out', 'o.csv'];
  for (const time of ['week 5', '2026-02-30', 'yesterday', '1700000000', '2026-13-01']) {
    assert.match(says([...files, '--timestamp', time]), `--timestamp ${time}: ISO 8601`);
  }
  const between = ['delete', '--project', 'p', '--model', 'm', '--to', '2026-03-01', '--from'];
  const env = { FIDDLER_URL: 'http://127.0.0.1:1', FIDDLER_TOKEN: 't' };
  assert.match(runCli([...between, 'week 5'], { env }).stderr, '--from week 5: ISO 8601');
  assert.match(runCli([...between, '2026-04-31'], { env }).stderr, '--from 2026-04-31: ISO 8601');
  assert.match(runCli([...between, '2026-03-02T10:00+05:45'], { env }).stderr, '--to must be later than --from');
});

test('a working directory that is gone is called so', () => {
  const folder = join(temporaryFolder(), 'gone');
  mkdirSync(folder);
  const script = 'cd "$1" && rmdir "$1" && exec "$2" "$3" models';
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const run = spawnSync('bash', ['-c', script, 'bash', folder, process.execPath, main], { encoding: 'utf8' });
  endedWith(4, run, 'error FILE_NOT_FOUND: the working directory: no such file or folder');
});

// Wrong arguments are refused before a file is read or an engine starts; names in messages can be copied.

const folder = temporaryFolder();
const MODEL = ['--weights', 'fashion-mnist-resnet18'];
const run = (...args: string[]) => runCli(args, { cwd: folder });

test('methods, alpha and limits of drift, explain and drill; format and time of embed and plan', () => {
  const { early } = readFixture<{ early: [args: string, says: string][] }>('cli', 'mistakes.json');
  for (const [args, says] of early) runCliTo(2, args, says, { cwd: folder });
  const { stderr } = run('embed', 'x.npz', '--weights', 'none', '--out', 'x.txt');
  assert.match(stderr, 'EVENTS_FORMAT_UNKNOWN: x.txt');
});

test('an image is named by its path, one that is given twice by what it is, and one other file is one', () => {
  mkdirSync(join(folder, 'bad'));
  writeFileSync(join(folder, 'bad', 'x.png'), 'no image');
  writeFileSync(join(folder, 'bad', 'notes.txt'), '');
  const embed = (...inputs: string[]) => run('embed', ...inputs, ...MODEL, '--out', 'out.parquet');
  const { stderr } = embed('bad');
  assert.match(stderr, /the first: bad\/x\.png: not an image/);
  assert.match(stderr, '1 other file is left out');
  assert.match(embed('bad/x.png').stderr, /the first: bad\/x\.png: not an image/);
  endedWith(2, embed('bad/x.png', 'bad/x.png'), 'error BAD_OPTION: bad/x.png: is given twice');
});

test('events are no table of images', () => {
  writeFileSync(join(folder, 'events.csv'), 'event_id,embeddings,image_path\na,"[1, 2]",1.png\n');
  const embedded = run('embed', 'events.csv', ...MODEL, '--out', 'out.parquet');
  endedWith(4, embedded, 'events.csv: these are events, which were made of images');
});

test('a file that is no table of drill is told in our words', () => {
  writeFileSync(join(folder, 'profile.json'), JSON.stringify({ images: {}, clusters: [] }));
  writeFileSync(join(folder, 'few.csv'), 'embeddings\n"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n');
  assert.is(run('baseline', 'few.csv', '--clusters', '2', '--out', 'few.json').status, 0);
  const report = ['--report', 'r.html', '--drill', 'profile.json'];
  const { stderr } = run('drift', 'few.csv', '--baseline', 'few.json', ...report);
  assert.match(
    stderr,
    /DRILL_FILE_INVALID: profile\.json: not what image-drift drill --json writes: \w+: .* is (needed|missing)/,
  );
  assert.not.match(stderr, 'Invalid input');
  const shard = run('baseline', 'few.csv', '--like', 'few.json', '--out', 'shard.json');
  assert.match(shard.stderr, 'image-drift merge shard.json OTHERS… --out profile.json');
  assert.match(run('merge', 'few.json', '--out', 'one.json').stdout, 'rows of 1 profile\n');
});

if (mayHaveGpu()) console.log('SKIPPED (a GPU is here): WebGPU without one');
else {
  test('WebGPU without a GPU and without a driver says so, and Dawn says nothing', () => {
    const args = ['embed', 'bad', ...MODEL, '--out', 'out.parquet', '--backend', 'webgpu'];
    const env = { VK_DRIVER_FILES: '', XDG_DATA_DIRS: folder, XDG_CONFIG_DIRS: folder, HOME: folder };
    const { stderr } = runCliAlone(args, { cwd: folder, env });
    if (stderr.includes('BACKEND_NOT_INSTALLED')) return console.log('SKIPPED (Dawn): WebGPU without a GPU');
    assert.match(stderr, /^error ADAPTER_MISSING/);
    assert.not.match(stderr, 'Warning');
  });
}
