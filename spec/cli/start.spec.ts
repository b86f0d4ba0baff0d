import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { commandName } from '../../cli/command.js';
import { COMMANDS } from '../../cli/commands.js';
import { reportFailure } from '../../cli/failure.js';
import { progressLine } from '../../cli/heartbeat.js';
import { NEEDED_NODE, nodeTooOld } from '../../cli/loading.js';
import { ourCommand, withOurCommands } from '../../cli/output.js';
import { assert, endedWith, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';

test('an older Node gets one line that names the Node that is needed, and exit code 2', () => {
  const { engines } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  assert.is(engines.node, `>=${NEEDED_NODE}`);
  for (const version of ['18.20.8', '20.18.3', '16.0.0']) assert.match(nodeTooOld(version, false)!, NEEDED_NODE);
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0']) assert.is(nodeTooOld(version, false), null);
  assert.is(JSON.parse(nodeTooOld('18.20.8', true)!).error.code, 'NODE_TOO_OLD');

  const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })";
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const args = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, main, 'models'];
  const { stdout, stderr } = endedWith(2, spawnSync(process.execPath, args, { encoding: 'utf8' }));
  assert.is(stdout, '');
  assert.is(stderr, `error NODE_TOO_OLD: image-drift needs Node ${NEEDED_NODE} or newer, this is Node 18.20.8\n`);
});

test('what an older Node must parse imports nothing', () => {
  const text = (name: string) => readFileSync(join(packageRoot, 'dist', 'cli', name), 'utf8');
  assert.equal(
    text('main.js')
      .match(/^import .* from .*$/gm)
      ?.map((line) => line.split(' from ')[1]),
    ["'./loading.js';"],
  );
  assert.not.match(text('loading.js'), /^import /m);
});

test('without WebAssembly the error has a code and names the flag', () => {
  const kept = process.stderr.write;
  let told = '';
  process.stderr.write = (text) => {
    told += String(text);
    return true;
  };
  const status = reportFailure(new ReferenceError('WebAssembly is not defined'), ['--json']);
  process.stderr.write = kept;
  assert.is(status, 4);
  const { code, hint } = JSON.parse(told).error;
  assert.is(code, 'WEBASSEMBLY_MISSING');
  assert.match(hint, '--jitless');
});

test('streams are refused as wrong usage, before anything is read or written', () => {
  const cwd = temporaryFolder();
  const cases = [
    ['baseline', '-', '--out', 'p.json'],
    ['embed', '--out', '-', 'x.npz', '--weights', 'w'],
    ['embed', 'x.npz', '--weights', 'w', '--out', '-'],
    ['embed', 'x.npz', '--weights', 'w', '--out=-'],
    ['drift', 'x.csv', '-', '--baseline', 'p.json'],
    ['convert', '-', '--out', 'w'],
  ];
  for (const args of cases) {
    endedWith(2, runCli(args, { cwd }), /^error USAGE: .*-: only files are read and written/);
  }
  assert.not.ok(existsSync(join(cwd, '-')));
});

test('-o is --out; a command without an output does not know it', () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'e.csv'), 'embeddings\n"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n');
  endedWith(0, runCli(['baseline', 'e.csv', '--clusters', '2', '-o', 'short.json'], { cwd }));
  assert.ok(existsSync(join(cwd, 'short.json')));
  assert.match(runCli(['baseline', '--help']).stdout, '-o, --out');
  endedWith(2, runCli(['models', '-o', 'x']), 'unknown flag -o');
});

test('completion prints a script, which asks for commands and flags', () => {
  const script = endedWith(0, runCli(['completion'], { env: { SHELL: '/bin/bash' } }));
  assert.match(script.stdout, 'image-drift --get-yargs-completions');
  const commands = runCli(['--get-yargs-completions', 'image-drift', 'ba'], { env: { SHELL: '/bin/bash' } });
  assert.match(commands.stdout, /^baseline$/m);
  const flags = runCli(['--get-yargs-completions', 'image-drift', 'baseline', '--cl'], { env: { SHELL: '/bin/bash' } });
  assert.match(flags.stdout, /^--clusters$/m);
});

test('a command to type next is one that is found: by npx, where npm started this one', () => {
  const before = process.env['npm_command'];
  const said = (started: string | undefined) => {
    delete process.env['npm_command'];
    if (started !== undefined) process.env['npm_command'] = started;
    return ourCommand('doctor');
  };
  assert.equal(['exec', 'run', 'run-script', undefined].map(said), [
    ...new Array(3).fill('npx image-drift doctor'),
    'image-drift doctor',
  ]);
  said(before);
});

test('where it is on no PATH, it is called as it was started; hints name it so, too', () => {
  const { npm_command: npm, PATH: path } = process.env;
  const [argv, bin] = [process.argv, temporaryFolder()];
  const hint = 'image-drift doctor says which. Use the image-drift that made it, or npx image-drift drift.';
  const said = (script: string, PATH = '') => {
    Object.assign(process.env, { PATH });
    process.argv = [argv[0]!, script];
    return [ourCommand('doctor'), withOurCommands(hint)];
  };
  const withProgram = (program: string) => [
    `${program} doctor`,
    hint.replace('image-drift doctor', `${program} doctor`),
  ];
  try {
    delete process.env['npm_command'];
    writeFileSync(join(bin, 'image-drift'), '');
    assert.equal(said('/a/node_modules/.bin/image-drift', bin), withProgram('image-drift'));
    assert.equal(said('/a/node_modules/.bin/image-drift'), withProgram('npx image-drift'));
    assert.equal(said(resolve('a b', 'dist/cli/main.js')), withProgram("node 'a b/dist/cli/main.js'"));
    for (const { usage } of COMMANDS) {
      const command = `image-drift ${commandName(usage)}`;
      assert.is(withOurCommands(`${command}.`), `node 'a b/dist/cli/main.js' ${commandName(usage)}.`);
    }
  } finally {
    process.argv = argv;
    Object.assign(process.env, { PATH: path }, npm === undefined ? {} : { npm_command: npm });
  }
});

test('paths with blanks are quoted in a command to type next', () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'e.csv'), 'embeddings\n"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n');
  const made = endedWith(0, runCli(['baseline', 'e.csv', '--clusters', '2', '-o', 'my profile.json'], { cwd }));
  assert.match(made.stderr, "drift EVENTS --baseline 'my profile.json'");
});

test('progress shows a rate once there is something to measure', () => {
  const task = { label: 'embedding', total: 1_000, unit: 'images' };
  assert.is(progressLine(task, 0, 96, 0), 'embedding 96/1,000  9 %');
  assert.is(progressLine(task, 400, 500, 2), 'embedding 500/1,000  50 %  200 images/s  3 s left');
  assert.is(progressLine(task, 900, 1_000, 2), 'embedding 1,000/1,000  100 %  450 images/s', 'nothing is left of it');
  assert.is(progressLine({ ...task, total: null }, 5, 7, 1), 'embedding 7  5.0 images/s');
});
