import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.js';
import { readSmallFile, readSmallFileSync } from '../../files/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, refusal, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const EVENTS = `embeddings\n${'"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n'.repeat(5)}`;
writeFileSync(at('events.csv'), EVENTS);
execFileSync('mkfifo', [at('pipe'), at('pipe.csv'), at('pipe.npz')]);
assert.is(runCli(['baseline', at('events.csv'), '--out', at('profile.json'), '--clusters', '2']).status, 0);

const hasDevices = existsSync('/dev/zero');

test('a pipe, as whatever is read', () => {
  const cases = [
    ['inspect', at('pipe')],
    ['inspect', at('pipe.csv')],
    ['embed', at('pipe.npz'), '--weights', 'fashion-mnist-resnet18', '--out', at('o.csv')],
    ['baseline', at('events.csv'), '--like', at('pipe'), '--out', at('o.json')],
    ['drift', at('events.csv'), '--baseline', at('pipe')],
    ['merge', at('profile.json'), at('pipe'), '--out', at('o.json')],
    ['drift', at('events.csv'), '--baseline', at('profile.json'), '--report', at('r.html'), '--drill', at('pipe')],
  ];
  for (const args of cases) {
    const { status, stderr } = runCli(args);
    assert.is(status, 4, stderr);
    assert.match(stderr, 'error FILE_NOT_REGULAR');
  }
  assert.is(runCli(['models', '--config', at('pipe')]).status, 2);
});

if (hasDevices) {
  test('a device without an end', () => {
    assert.match(runCli(['drift', at('events.csv'), '--baseline', '/dev/zero']).stderr, 'error FILE_NOT_REGULAR');
    const run = runCli(['publish', at('events.csv'), '--project', 'p', '--model', 'm'], {
      env: { FIDDLER_URL: 'http://127.0.0.1:1', FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: '/dev/zero' },
    });
    assert.match(run.stderr, 'error TOKEN_INVALID');
  });
}

test('a profile of 3 GB is refused by its length', () => {
  const handle = openSync(at('huge.json'), 'w');
  ftruncateSync(handle, 3e9);
  closeSync(handle);
  const { status, stderr } = runCli(['drift', at('events.csv'), '--baseline', at('huge.json')]);
  assert.is(status, 4);
  assert.match(stderr, /error FILE_TOO_LARGE: .*huge\.json: 3,000,000,000 bytes, a profile has at most 67,108,864/);
});

test('readSmallFile: what it says of each', async () => {
  for (const read of [readSmallFile, async (...args: Parameters<typeof readSmallFile>) => readSmallFileSync(...args)]) {
    assert.is((await read(at('events.csv'), 1000)).toString(), EVENTS);
    await refusal('FILE_TOO_LARGE', () => read(at('events.csv'), 3));
    await refusal('FILE_IS_FOLDER', () => read(folder, 3));
    await refusal('FILE_NOT_REGULAR', () => read(at('pipe'), 3));
    await refusal('FILE_NOT_FOUND', () => read(at('nothing'), 3));
  }
});

test('no command writes over what it reads', () => {
  const images = at('images.npz');
  writeNpz(images, { arr_0: { descr: '|u1', shape: [4, 32, 32, 3], values: pixels(4, 32) } });
  const events = at('e.csv');
  writeFileSync(events, EVENTS);
  linkSync(events, at('hard.csv'));
  symlinkSync(events, at('soft.csv'));
  const before = readFileSync(images);
  const cases = [
    ['embed', images, '--weights', 'fashion-mnist-resnet18', '--out', images],
    ['baseline', events, '--out', events],
    ['baseline', events, '--out', at('hard.csv')],
    ['baseline', at('soft.csv'), '--out', `${folder}/./e.csv`],
    ['baseline', events, '--like', at('profile.json'), '--out', at('profile.json')],
    ['merge', at('profile.json'), '--out', at('profile.json')],
    ['drift', events, '--baseline', at('profile.json'), '--report', events],
    ['drift', events, '--baseline', at('profile.json'), '--report', at('profile.json')],
    ['publish', events, '--project', 'p', '--model', 'm', '--journal', events],
    ['convert', images, '--out', at('w'), '--onnx', at('w')],
  ];
  for (const args of cases) {
    const { status, stderr } = runCli(args);
    assert.is(status, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /error USAGE: .*(is read from|are both)/);
  }
  assert.equal(readFileSync(images), before);
  assert.is(readFileSync(events, 'utf8'), EVENTS);
});

test('every argument that names a file says whether it is read or written', () => {
  /** Text, but no path of a file. */
  const other =
    /^(backend|device|precision|project|model|version|model-version|mirror|size|resize|crop|mean|std|tap|backbone|prefix|check-script|head|head-activation|stem|ignore|dtype|images|labels|layout|dataset|image-url|timestamp|methods|window|adjust|threshold|base|corruptions|sizes|timestamps|until|from|to|feature|fault|days|embedding-column|scores|metadata|max-rejected|orientation|background|resize-mode|crop-rounding|interpolation|timestamp-from|group-from|group|by|image-column|pixels|border|pillow|crop-pct|crop-mode|channel-order|shard|only|image|claim|mount|equivalence|budget|candidates|library)$/;
  for (const { usage, options, positionals, inputs = [], outputs = [] } of COMMANDS) {
    const flags = Object.entries({ ...options, ...positionals }).filter(([, { type }]) => type === 'string');
    for (const [name] of flags) {
      if (other.test(name) || usage.startsWith('inspect')) continue;
      // Names on the server, in these two.
      if (name === 'baseline' && /^(publish|verify)/.test(usage)) continue;
      assert.ok(inputs.includes(name) || outputs.includes(name), `${usage}: ${name}`);
    }
  }
});

test('a config file of the working directory sets no outputs and no addresses; one that is named does', () => {
  const stranger = join(folder, 'stranger');
  mkdirSync(stranger);
  const target = at('precious.html');
  writeFileSync(target, 'precious');
  writeFileSync(join(stranger, 'image-drift.config.json'), JSON.stringify({ drift: { report: target } }));
  const args = ['drift', at('events.csv'), '--baseline', at('profile.json')];
  const { status, stderr } = runCli(args, { cwd: stranger });
  assert.is(status, 2);
  assert.match(stderr, /sets drift.report, which only a config file that --config names may set/);
  assert.is(readFileSync(target, 'utf8'), 'precious');
  const named = runCli([...args, '--config', join(stranger, 'image-drift.config.json')]);
  assert.is(named.status, 0, named.stderr);
  assert.match(named.stderr, `Config: ${stranger}`);
  assert.is.not(readFileSync(target, 'utf8'), 'precious');
  writeFileSync(join(stranger, 'image-drift.config.json'), '{"mirror": "http://example.com"}');
  assert.is(runCli(['quickstart'], { cwd: stranger }).status, 2);
});

test('a config file: its path is told, and every unknown name is an error with a suggestion', () => {
  const project = join(folder, 'project');
  mkdirSync(project);
  const run = (text: string, args: string[] = ['models']) => {
    writeFileSync(join(project, 'image-drift.config.json'), text);
    return runCli(args, { cwd: project });
  };
  assert.match(run('{"threads": 1}').stderr, /^Config: .*project.image-drift\.config\.json$/m);
  assert.is(run('{"threads": 1}', ['models', '--json']).stderr, '');
  for (const [text, says] of [
    ['{"threds": 1}', 'Did you mean threads?'],
    ['{"embed": {"bach": 1}}', 'Did you mean batch?'],
    ['{"constructor": 1}', 'constructor'],
    ['{"toString": {}}', 'toString'],
    ['{"valueOf": []}', 'valueOf'],
    ['{"models": {"hasOwnProperty": 1}}', 'hasOwnProperty'],
    ['{"__proto__": {"x": 1}}', '__proto__'],
  ] as const) {
    const { status, stderr } = run(text);
    assert.is(status, 2, `${text}: ${stderr}`);
    assert.match(stderr, says);
  }
  assert.is(runCli(['models', '--constructor', '1']).status, 2);
  assert.is(runCli(['models', '--to-string']).status, 2);
});
