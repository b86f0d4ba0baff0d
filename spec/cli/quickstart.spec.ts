/**
 * `quickstart` without a server, on small generated files: its output, skipped steps, and refused files.
 * @long: whole runs of the path
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QUICKSTART_SETS } from '../../pipeline/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, endedWith, runCli, temporaryFolder, test } from '../support/test.js';

const COUNT = 120;
const folder = temporaryFolder();
const weights = join(folder, 'model.safetensors');
const WITHOUT_SERVER = { FIDDLER_URL: '', FIDDLER_TOKEN: '' };

test.before(() => {
  writeSafetensors(weights, pseudoWeights({ backbone: 'resnet18', head: [128], classes: 10 }).tensors);
  for (const [i, { name }] of QUICKSTART_SETS.entries()) {
    mkdirSync(join(folder, 'data', name), { recursive: true });
    const values = pixels(COUNT, 32, i);
    writeNpz(join(folder, 'data', name, 'image_data.npz'), {
      arr_0: { descr: '|u1', shape: [COUNT, 32, 32, 3], values },
      arr_1: {
        descr: '<i8',
        shape: [COUNT],
        values: BigInt64Array.from({ length: COUNT }, (_, row) => BigInt(row % 10)),
      },
    });
  }
});

function run(args: readonly string[] = [], env: Record<string, string> = WITHOUT_SERVER) {
  return runCli(['quickstart', '--data', 'data', '--weights', weights, '--clusters', '3', ...args], {
    cwd: folder,
    env,
  });
}

test('without FIDDLER_URL it does its half, and says what to type for the other', () => {
  const { stdout, stderr } = endedWith(0, run(['--out', "my 'out'"]));
  const lines = stdout.split('\n');
  for (const line of lines.slice(0, 4)) assert.match(line, /^\d+\/120: +\d+\.\d% correct predictions\.$/);
  assert.match(stdout, /production_3 +120/);
  assert.match(stderr, 'FIDDLER_URL is not set: nothing was sent.');
  assert.match(stderr, 'image-drift emulator');
  assert.match(stderr, 'export FIDDLER_URL=http://127.0.0.1:7575\n  export FIDDLER_TOKEN=emulator\n');
  assert.match(
    stderr,
    `image-drift quickstart --data data --weights ${weights} --clusters 3 --out 'my '\\''out'\\'''\n`,
  );
  assert.match(stderr, 'not the file of the notebook');
  assert.match(readFileSync(join(folder, "my 'out'", 'report.html'), 'utf8'), 'quickstart');
});

test('what is done is not done again; another image file is', () => {
  const first = JSON.parse(run(['--json']).stdout);
  assert.equal(first.steps_skipped, []);
  assert.is(first.fiddler, null);
  assert.is(first.embedded.length, 4);
  const second = JSON.parse(run(['--json']).stdout);
  assert.is(second.steps_skipped.length, 7);
  assert.equal({ ...second, steps_skipped: [] }, first);
  const changed = join(folder, 'data', 'production_2', 'image_data.npz');
  const kept = readFileSync(changed);
  writeNpz(changed, { arr_0: { descr: '|u1', shape: [50, 32, 32, 3], values: pixels(50, 32, 9) } });
  const third = JSON.parse(run(['--json']).stdout);
  writeFileSync(changed, kept);
  assert.equal(third.steps_skipped, [
    'convert',
    'embed reference',
    'embed production_1',
    'embed production_3',
    'profile',
  ]);
  assert.is(third.embedded[2].rows, 50);
});

test('a folder that holds a quickstart of another checkpoint is left as it is', () => {
  const path = join(folder, "my 'out'", 'steps.json');
  const before = readFileSync(path, 'utf8');
  const steps = JSON.parse(before);
  steps.steps.convert.inputs = 'of another';
  writeFileSync(path, JSON.stringify(steps));
  const { stderr } = endedWith(4, run(['--out', "my 'out'"]));
  assert.match(stderr, "error QUICKSTART_OTHER_MODEL: my 'out': holds a quickstart of another checkpoint");
  writeFileSync(path, before);
});

test('too few rows for a day of the notebook: a dry run says so', () => {
  const { stderr } = endedWith(4, run(['--dry-run', '--json']));
  assert.is(JSON.parse(stderr).error.code, 'QUICKSTART_TOO_FEW_IMAGES');
});

test('a server that cannot be reached, or a token that is missing, is told before any work', () => {
  for (const [env, code, exit] of [
    [{ FIDDLER_URL: 'http://127.0.0.1:7575' }, 'TOKEN_MISSING', 4],
    [{ FIDDLER_URL: 'nonsense', FIDDLER_TOKEN: 'x' }, 'URL_INVALID', 4],
  ] as const) {
    const { status, stderr, stdout } = run(['--json', '--out', 'none'], { ...WITHOUT_SERVER, ...env });
    assert.is(JSON.parse(stderr).error.code, code);
    assert.is(status, exit);
    assert.is(stdout, '');
  }
});
