import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../cli/commands.js';
import { readSmallText, readSmallTextNow } from '../../files/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, refusal, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const ends = (status: number, words: string, says?: string | RegExp, cwd = folder) =>
  runCliTo(status, words, says, { cwd });
const EVENTS = `embeddings\n${'"[0, 1]"\n"[5, 2]"\n"[9, 1]"\n"[2, 7]"\n'.repeat(5)}`;
writeFileSync(at('events.csv'), EVENTS);
execFileSync('mkfifo', [at('pipe'), at('pipe.csv'), at('pipe.npz')]);
ends(0, 'baseline events.csv --out profile.json --clusters 2');

test('a pipe, as whatever is read', () => {
  for (const words of [
    'inspect pipe',
    'inspect pipe.csv',
    'embed pipe.npz --weights fashion-mnist-resnet18 --out o.csv',
    'baseline events.csv --like pipe --out o.json',
    'drift events.csv --baseline pipe',
    'merge profile.json pipe --out o.json',
    'drift events.csv --baseline profile.json --report r.html --drill pipe',
  ]) {
    ends(4, words, 'error FILE_NOT_REGULAR');
  }
  ends(2, 'models --config pipe');
});

if (existsSync('/dev/zero')) {
  test('a device without an end', () => {
    assert.match(runCli(['drift', at('events.csv'), '--baseline', '/dev/zero']).stderr, 'error FILE_NOT_REGULAR');
    const run = runCli(['publish', at('events.csv'), '--project', 'p', '--model', 'm'], {
      env: { FIDDLER_URL: 'http://127.0.0.1:1', FIDDLER_TOKEN: '', FIDDLER_TOKEN_FILE: '/dev/zero' },
    });
    assert.match(run.stderr, 'error TOKEN_INVALID');
  });
}

test('a profile of 3 GB is refused by its length', () => {
  writeFileSync(at('huge.json'), '');
  truncateSync(at('huge.json'), 3e9);
  const says = /error FILE_TOO_LARGE: .*huge\.json: 3,000,000,000 bytes, a profile has at most 67,108,864/;
  ends(4, 'drift events.csv --baseline huge.json', says);
});

test('readSmallText: what it says of each', async () => {
  for (const read of [readSmallText, async (...args: Parameters<typeof readSmallText>) => readSmallTextNow(...args)]) {
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
  for (const words of [
    'embed images.npz --weights fashion-mnist-resnet18 --out images.npz',
    'baseline e.csv --out e.csv',
    'baseline e.csv --out hard.csv',
    `baseline soft.csv --out ${folder}/./e.csv`,
    'baseline e.csv --like profile.json --out profile.json',
    'merge profile.json --out profile.json',
    'drift e.csv --baseline profile.json --report e.csv',
    'drift e.csv --baseline profile.json --report profile.json',
    'publish e.csv --project p --model m --journal e.csv',
    'convert images.npz --out w --onnx w',
  ]) {
    ends(2, words, /error USAGE: .*(is read from|are both)/);
  }
  assert.equal(readFileSync(images), before);
  assert.is(readFileSync(events, 'utf8'), EVENTS);
});

test('every argument that names a file says whether it is read or written', () => {
  /** Text, but no path of a file. */
  const other =
    /^(backend|device|precision|project|model|version|model-version|mirror|size|resize|crop|mean|std|tap|backbone|prefix|check-script|head|head-activation|stem|ignore|dtype|images|labels|layout|dataset|image-url|timestamp|methods|window|adjust|threshold|base|corruptions|sizes|timestamps|until|from|to|feature|fault|days|embedding-column|scores|metadata|max-rejected|orientation|background|resize-mode|crop-rounding|interpolation|timestamp-from|group-from|group|by|image-column|pixels|border|pillow|crop-pct|crop-mode|channel-order|shard|only|image|claim|mount|equivalence|budget|candidates|library|format|false-alarm-every|season|notify|range|depth|pool|tasks-root)$/;
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
  const drift = `drift ${at('events.csv')} --baseline ${at('profile.json')}`;
  ends(2, drift, /sets drift.report, which only a config file that --config names may set/, stranger);
  assert.is(readFileSync(target, 'utf8'), 'precious');
  ends(0, `${drift} --config ${join(stranger, 'image-drift.config.json')}`, `Config: ${stranger}`);
  assert.is.not(readFileSync(target, 'utf8'), 'precious');
  writeFileSync(join(stranger, 'image-drift.config.json'), '{"mirror": "http://example.com"}');
  ends(2, 'quickstart', '', stranger);
});

test('a config file: its path is told, and every unknown name is an error with a suggestion', () => {
  const project = join(folder, 'project');
  mkdirSync(project);
  const config = (text: string) => writeFileSync(join(project, 'image-drift.config.json'), text);
  config('{"threads": 1}');
  ends(0, 'models', /^Config: .*project.image-drift\.config\.json$/m, project);
  assert.is(ends(0, 'models --json', '', project).stderr, '');
  for (const [text, says] of [
    ['{"threds": 1}', 'Did you mean threads?'],
    ['{"embed": {"bach": 1}}', 'Did you mean batch?'],
    ['{"constructor": 1}', 'constructor'],
    ['{"toString": {}}', 'toString'],
    ['{"valueOf": []}', 'valueOf'],
    ['{"models": {"hasOwnProperty": 1}}', 'hasOwnProperty'],
    ['{"__proto__": {"x": 1}}', '__proto__'],
  ] as const) {
    config(text);
    ends(2, 'models', says, project);
  }
  ends(2, 'models --constructor 1');
  ends(2, 'models --to-string');
});
