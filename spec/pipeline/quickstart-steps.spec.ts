import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RememberedSteps } from '../../pipeline/compare/steps.js';
import type { QuickstartFiles } from '../../pipeline/quickstart/files.js';
import { runLocalHalf } from '../../pipeline/quickstart/local.js';
import { QuickstartState } from '../../pipeline/quickstart/state.js';
import { writeNpz } from '../support/npz-file.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

/** A step that makes a file and a folder, and counts how often it really runs. */
function maker(folder: () => string) {
  let runs = 0;
  return async (inputs: unknown = { a: 1 }) => {
    const { step } = await RememberedSteps.open(folder());
    const outputs = [join(folder(), 'out.txt'), join(folder(), 'weights')];
    return step('make', inputs, outputs, async () => {
      writeFileSync(outputs[0]!, 'made');
      mkdirSync(join(outputs[1]!, 'deep'), { recursive: true });
      writeFileSync(join(outputs[1]!, 'deep', 'shard.bin'), 'weights');
      return { runs: ++runs };
    });
  };
}

test('a step is done once, and again when an input or an output is another', async () => {
  let folder = temporaryFolder();
  const make = maker(() => folder);
  assert.equal(await make(), { runs: 1 });
  assert.equal(await make(), { runs: 1 });
  assert.equal(await make({ a: 2 }), { runs: 2 });
  writeFileSync(join(folder, 'out.txt'), 'Made');
  assert.equal(await make({ a: 2 }), { runs: 3 });
  writeFileSync(join(folder, 'weights', 'deep', 'shard.bin'), 'Weights');
  assert.equal(await make({ a: 2 }), { runs: 4 });
  rmSync(join(folder, 'weights'), { recursive: true });
  assert.equal(await make({ a: 2 }), { runs: 5 });
  const moved = join(temporaryFolder(), 'elsewhere');
  renameSync(folder, moved);
  folder = moved;
  assert.equal(await make({ a: 2 }), { runs: 5 }, 'a folder may be moved');
});

test('a damaged memory costs time only', async () => {
  const folder = temporaryFolder();
  const make = maker(() => folder);
  await make();
  const good = readFileSync(join(folder, 'steps.json'), 'utf8');
  for (const bad of ['', '{', 'null', '[]', good.replace('steps/1', 'steps/2'), good.replace('"inputs"', '"input"')]) {
    writeFileSync(join(folder, 'steps.json'), bad);
    const { runs } = await make();
    assert.is((await make()).runs, runs);
    assert.ok(runs > 1, bad);
  }
});

test('a step that fails is not remembered', async () => {
  const folder = temporaryFolder();
  const { step } = await RememberedSteps.open(folder);
  await step('fails', {}, [], () => Promise.reject(new Error('no'))).catch(() => {});
  assert.is(await step('fails', {}, [], async () => 'yes'), 'yes');
});

test('sets of more than 8 bits are asked about before the checkpoint is converted', async () => {
  const out = join(temporaryFolder(), 'out');
  const path = join(temporaryFolder(), 'deep.npz');
  writeNpz(path, { arr_0: { descr: '<u2', shape: [1, 4, 8], values: new Uint16Array(32).fill(4_000) } });
  const given = (of: string) => ({ path: of, sha256: 'a'.repeat(64), bytes: 1, isOriginal: false });
  const files = {
    checkpoint: given('none.pth'),
    sets: [path, path, path, path].map(given),
  } as unknown as QuickstartFiles;
  const loadEmbedder = () => Promise.reject(new Error('loaded'));
  const asked = await refusal('IMAGES_RANGE', () => runLocalHalf(files, out, { seed: 0, loadEmbedder }));
  assert.match(asked.hint!, 'convert --range LOW,HIGH');
  assert.is(existsSync(out), false);
});

test('"now" is fixed at the first run', async () => {
  const folder = temporaryFolder();
  const first = await QuickstartState.open(folder, () => 1_800_000_000_000.5);
  assert.is(first.now, 1_800_000_000_000);
  const target = { url: 'https://a', project: 'p', model: 'm' };
  assert.not(first.hasBegun(target));
  await first.begin(target);
  const second = await QuickstartState.open(folder, () => 1_900_000_000_000);
  assert.is(second.now, 1_800_000_000_000);
  assert.ok(second.hasBegun(target));
  assert.not(second.hasBegun({ ...target, url: 'https://b' }));
});

test('a state that cannot be read is never replaced: events would be published twice', async () => {
  const folder = temporaryFolder();
  for (const bad of ['', '{', 'null', '{"format":"image-drift/quickstart/2","now":1,"targets":[]}', '{"now":1}']) {
    writeFileSync(join(folder, 'quickstart.json'), bad);
    await refusal('QUICKSTART_STATE', () => QuickstartState.open(folder));
    assert.is(readFileSync(join(folder, 'quickstart.json'), 'utf8'), bad);
  }
});
