import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { reportFailure } from '../../cli/failure.js';
import { fileError } from '../../files/index.js';
import { assert, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const rows = (shift: number) => Array.from({ length: 400 }, (_, i) => `"[${Math.sin(i) + shift}, ${Math.cos(3 * i)}]"`);
writeFileSync(at('e.csv'), `embeddings\n${rows(0).join('\n')}\n`);
writeFileSync(at('moved.csv'), `embeddings\n${rows(9).join('\n')}\n`);

test('0 and 3: done, and drift', () => {
  assert.is(runCli(['baseline', at('e.csv'), '--out', at('p.json')]).status, 0);
  const drift = ['drift', at('moved.csv'), '--baseline', at('p.json')];
  assert.is(runCli(drift).status, 0);
  assert.is(runCli([...drift, '--fail-on-drift']).status, 3);
});

test('2: wrong usage, wherever it is found out', () => {
  const drift = ['drift', at('e.csv'), '--baseline', at('p.json')];
  for (const args of [
    ['models', '--nonsense'],
    [...drift, '--alpha', '5'],
    [...drift, '--methods', 'jss'],
    [...drift, '--window', '2d'],
    [...drift, '--threshold', 'js=x'],
    ['baseline', at('e.csv'), '--clusters', '99999', '--out', at('q.json')],
    ['baseline', at('e.csv'), '--out', at('e.csv')],
    ['embed', at('e.csv'), '--weights', 'fashion-mnist-resnet18', '--out', at('x.xlsx')],
  ]) {
    const { status, stderr } = runCli(args);
    assert.is(status, 2, `${args.join(' ')}: ${stderr}`);
  }
});

test('4: bad input', () => {
  symlinkSync('loop', at('loop'));
  mkdirSync(at('folder'));
  for (const [path, code] of [
    [at('missing.csv'), 'FILE_NOT_FOUND'],
    [at('loop'), 'FILE_PATH_INVALID'],
    [at('x'.repeat(300)), 'FILE_PATH_INVALID'],
    [join(at('e.csv'), 'inside'), 'FILE_NOT_FOLDER'],
  ] as const) {
    const { status, stderr } = runCli(['inspect', path]);
    assert.is(status, 4, stderr);
    assert.match(stderr, `error ${code}`);
  }
});

test('4: JSON that is nested too deep for a stack', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  writeFileSync(at('deep.jsonl'), `{"embeddings": ${deep}}\n`);
  writeFileSync(at('target.jsonl'), `{"embeddings": [1], "target": ${deep}}\n`.repeat(20));
  const profile = JSON.parse(readFileSync(at('p.json'), 'utf8'));
  profile.clusters[0].centroid[0] = 0;
  writeFileSync(at('deep.json'), JSON.stringify(profile).replace('"centroid":[0', `"centroid":[${deep}`));
  writeFileSync(at('centroids.json'), `[${deep}]`);
  for (const args of [
    ['inspect', at('deep.jsonl')],
    ['baseline', at('target.jsonl'), '--out', at('t.json')],
    ['inspect', at('deep.json')],
    [
      'drift',
      at('e.csv'),
      '--baseline',
      at('p.json'),
      '--centroids',
      at('centroids.json'),
      '--baseline-events',
      at('e.csv'),
    ],
  ]) {
    const { status, stderr } = runCli(args);
    assert.is(status, 4, `${args.join(' ')}: ${stderr.slice(0, 300)}`);
    assert.not.match(stderr, 'call stack');
  }
});

if (existsSync('/dev/full')) {
  test('4: standard output on a full disk: told, without a stack', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'models'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    assert.is(status, 4, stderr);
    assert.match(stderr, /^error DISK_FULL: standard output/);
    assert.not.match(stderr, /^ {4}at /m);
  });
}

test('5: too few file descriptors, and too little memory, in words', () => {
  const limited = (limit: string) => {
    const script = `ulimit ${limit}; exec "$0" "$@"`;
    return spawnSync('bash', ['-c', script, process.execPath, MAIN, 'inspect', at('e.csv')], { encoding: 'utf8' });
  };
  const files = limited('-n 32');
  assert.not.match(files.stderr, /^ {4}at /m);
  if (files.status !== 0) assert.match(files.stderr, 'error TOO_MANY_OPEN_FILES');
  if (files.status !== 0) assert.is(files.status, 5);
});

/** A failure as `main.ts` reports it, in this process. */
function exitCodeOf(error: unknown): number {
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    return reportFailure(error, []);
  } finally {
    process.stderr.write = write;
  }
}

test('whatever the system says is 4 or 5; what V8 says of memory is 5; anything else is 1', () => {
  const table = readFileSync(join(packageRoot, 'docs', 'exit-codes.md'), 'utf8');
  const listed = [...table.matchAll(/^\| `(\w+)`[^|]*\| ([45]) \| (.*) \|$/gm)];
  assert.ok(listed.length >= 12);
  for (const [, code, exit, says] of listed) {
    for (const system of says!.match(/\bE[A-Z]{2,}\b/g) ?? []) {
      const error = Object.assign(new Error(system), { errno: -1, code: system, syscall: 'read', path: '/x' });
      const told = fileError('/x', error) as CodedError;
      assert.is(told.exitCode, Number(exit), system);
      assert.is(exitCodeOf(error), Number(exit), system);
      assert.match(told.message, '/x');
      if (!code!.startsWith('FILE_IS')) assert.is(told.code, code, system);
    }
  }
  const unheard = Object.assign(new Error('x'), { errno: -1, code: 'EWHATEVER', syscall: 'read' });
  assert.is(exitCodeOf(unheard), 4);
  for (const words of [
    'WebAssembly.Memory(): could not allocate memory',
    'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance',
    'Array buffer allocation failed',
  ]) {
    assert.is(exitCodeOf(new RangeError(words)), 5, words);
  }
  assert.is(exitCodeOf(new TypeError('x is not a function')), 1);
  assert.is(exitCodeOf(new CodedError('OPTION_OUT_OF_RANGE', 'alpha 5')), 2);
});
