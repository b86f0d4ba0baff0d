import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { reportFailure } from '../../cli/failure.js';
import { fileError } from '../../files/index.js';
import { assert, endedWith, packageRoot, runCliTo, temporaryFolder, test } from '../support/test.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const ends = (status: number, words: string, says?: string) => runCliTo(status, words, says, { cwd: folder });
const rows = (shift: number) => Array.from({ length: 400 }, (_, i) => `"[${Math.sin(i) + shift}, ${Math.cos(3 * i)}]"`);
writeFileSync(at('e.csv'), `embeddings\n${rows(0).join('\n')}\n`);
writeFileSync(at('moved.csv'), `embeddings\n${rows(9).join('\n')}\n`);

test('0 and 3: done, and drift', () => {
  ends(0, 'baseline e.csv --out p.json');
  ends(0, 'drift moved.csv --baseline p.json');
  ends(3, 'drift moved.csv --baseline p.json --fail-on-drift');
});

test('2: wrong usage, wherever it is found out', () => {
  ends(2, 'models --nonsense');
  for (const flag of ['--alpha 5', '--methods jss', '--window 2d', '--threshold js=x']) {
    ends(2, `drift e.csv --baseline p.json ${flag}`);
  }
  ends(2, 'baseline e.csv --clusters 99999 --out q.json');
  ends(2, 'baseline e.csv --out e.csv');
  ends(2, 'embed e.csv --weights fashion-mnist-resnet18 --out x.xlsx');
});

test('4: bad input', () => {
  symlinkSync('loop', at('loop'));
  mkdirSync(at('folder'));
  ends(4, 'inspect missing.csv', 'error FILE_NOT_FOUND');
  ends(4, 'inspect loop', 'error FILE_PATH_INVALID');
  ends(4, `inspect ${'x'.repeat(300)}`, 'error FILE_PATH_INVALID');
  ends(4, 'inspect e.csv/inside', 'error FILE_NOT_FOLDER');
});

test('4: JSON that is nested too deep for a stack', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  writeFileSync(at('deep.jsonl'), `{"embeddings": ${deep}}\n`);
  writeFileSync(at('target.jsonl'), `{"embeddings": [1], "target": ${deep}}\n`.repeat(20));
  const profile = JSON.parse(readFileSync(at('p.json'), 'utf8'));
  profile.clusters[0].centroid[0] = 0;
  writeFileSync(at('deep.json'), JSON.stringify(profile).replace('"centroid":[0', `"centroid":[${deep}`));
  writeFileSync(at('centroids.json'), `[${deep}]`);
  for (const words of [
    'inspect deep.jsonl',
    'baseline target.jsonl --out t.json',
    'inspect deep.json',
    'drift e.csv --baseline p.json --centroids centroids.json --baseline-events e.csv',
  ]) {
    assert.not.match(ends(4, words).stderr, 'call stack');
  }
});

if (existsSync('/dev/full')) {
  test('4: standard output on a full disk: told, without a stack', () => {
    const run = spawnSync(process.execPath, [MAIN, 'models'], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    });
    endedWith(4, run, /^error DISK_FULL: standard output/);
    assert.not.match(run.stderr, /^ {4}at /m);
  });
}

test('5: too few file descriptors, and too little memory, in words', () => {
  const limited = ['-c', 'ulimit -n 32; exec "$0" "$@"', process.execPath, MAIN, 'inspect', at('e.csv')];
  const files = spawnSync('bash', limited, { encoding: 'utf8' });
  assert.not.match(files.stderr, /^ {4}at /m);
  if (files.status !== 0) endedWith(5, files, 'error TOO_MANY_OPEN_FILES');
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
