import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printable, printableLines, quoted } from '../../base/index.js';
import {
  assert,
  type CliOptions,
  type CliRun,
  fixtures,
  packageRoot,
  runCli,
  temporaryFolder,
  test,
} from '../support/test.js';

const ESCAPE = '\u001b]0;owned\u0007\u001b[31m';
const NAME = `evil${ESCAPE}\u202egnp\u2066\nerror FAKE: line`;
/** All but the line ends that we write ourselves. */
const RAW = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;

function clean(args: readonly string[], options: CliOptions = {}): CliRun {
  const run = runCli(args, options);
  assert.not.match(run.stdout, RAW);
  assert.not.match(run.stderr, RAW);
  assert.not.match(`${run.stdout}${run.stderr}`, /^error FAKE/m);
  assert.is.not(run.status, 1, run.stderr);
  return run;
}

for (const name of readdirSync(join(fixtures, 'hostile')).filter((one) => one.includes('esc'))) {
  test(`inspect ${name}`, () => {
    clean(['inspect', join(fixtures, 'hostile', name), '--json']);
    clean(['inspect', join(fixtures, 'hostile', name), '--verbose']);
  });
}

test('names of columns, files and arguments', () => {
  const folder = temporaryFolder();
  const csv = join(folder, `${NAME.replaceAll('/', '')}.csv`);
  const header = `embeddings,"${NAME}",timestamp\n`;
  writeFileSync(csv, `${header}${'"[1,2]",0.5,2026-01-01\n"[3,1]",0.25,2026-01-02\n'.repeat(30)}`);
  clean(['inspect', csv]);
  const profile = join(folder, 'p.json');
  assert.is(clean(['baseline', csv, '--out', profile, '--clusters', '2']).status, 0);
  assert.is(clean(['inspect', profile]).status, 0);
  assert.is(clean(['drift', csv, '--baseline', profile]).status, 0);
  const json = clean(['drift', csv, '--baseline', profile, '--json']);
  assert.match(JSON.parse(json.stdout).windows[0].name, '\u202egnp');
  clean(['inspect', `${NAME}.npz`]);
  clean(['inspect', `${NAME}.npz`, '--json']);
  clean([NAME]);
  clean(['inspect', csv, `--${NAME}`, '1']);
  clean(['convert', csv, '--out', join(folder, NAME)]);
});

test('a config file with such names', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'image-drift.config.json'), JSON.stringify({ [NAME]: 1 }));
  assert.is(clean(['models'], { cwd: folder }).status, 2);
  writeFileSync(join(folder, 'image-drift.config.json'), `{"a${ESCAPE}`);
  assert.is(clean(['models'], { cwd: folder }).status, 2);
});

test('printable: escapes what a terminal acts on, keeps what people write', () => {
  assert.is(printable('a\u001b[2J\nb'), 'a\\u001b[2J\\u000ab');
  assert.is(printableLines('a\u001b[2J\nb'), 'a\\u001b[2J\nb');
  assert.is(quoted('x\u202e"'), '"x\\u202e\\""');
  assert.is(printable('\ud800'), '\\ud800');
  assert.is(printable('\u{e0041}'), '\\udb40\\udc41');
  for (const text of ['Größe', '日本語', 'क्‍ष', '👩‍🔬', 'شهر', 'a b']) assert.is(printable(text), text);
});

/** Where text leaves the process; cli/main.ts also names the Node needed before anything can be imported. */
const MAY_WRITE = ['cli/main.ts', 'cli/output.ts', 'cli/heartbeat.ts', 'cli/failure.ts'];

const WRITES = /\b(stdout|stderr)\s*\.write\(|\bconsole\.|\bemitWarning\(/;

/** Examples in doc comments print. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '');
}

test('nothing else writes to a terminal', () => {
  const folders = readdirSync(packageRoot, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const others = /^(node_modules|dist|spec|bench|scripts|docs|demo-out|\..*)$/;
  const rooms = folders.map(({ name }) => name).filter((name) => !others.test(name));
  const files = rooms.flatMap((room) =>
    (readdirSync(join(packageRoot, room), { recursive: true }) as string[])
      .filter((path) => path.endsWith('.ts') && !path.includes('client/'))
      .map((path) => join(room, path)),
  );
  assert.ok(files.length > 300);
  const writers = files.filter((path) => WRITES.test(withoutComments(readFileSync(join(packageRoot, path), 'utf8'))));
  assert.equal(writers.sort(), [...MAY_WRITE].sort());
});
