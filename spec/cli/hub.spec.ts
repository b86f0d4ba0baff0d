import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fourImages, smallModel, smallRepository } from '../support/hub-model.js';
import { type HubServer, serveHub } from '../support/hub-server.js';
import { runBesideAlone } from '../support/run-beside.js';
import { assert, type CliRun, endedWith, fixtures, longTest, temporaryFolder, test } from '../support/test.js';

const root = temporaryFolder();
const IMAGES = fourImages();
const EMBED = ['embed', IMAGES, '--backend', 'simd', '--save-every', '0'];
let hub: HubServer;

function run(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const own = { HF_HOME: join(root, 'hf'), HF_ENDPOINT: hub.endpoint, IMAGE_DRIFT_CACHE: join(root, 'cache'), ...env };
  return runBesideAlone(args, { env: own, cwd: root });
}

test.before(async () => {
  hub = await serveHub();
  hub.push('org/model', smallRepository());
});
test.after(() => hub.close());

test('embed takes a model of the Hub, and says what it took', async () => {
  const { stderr } = endedWith(0, await run([...EMBED, '--weights', 'hf:org/model', '--out', 'zero.parquet']));
  const said =
    /^hf:org\/model \([0-9a-f]{10}\): resnet, embedding: the output of avgpool, input: .*mean 0\.1 0\.2 0\.3/m;
  assert.match(stderr, said);
  assert.match(stderr, '--stem cifar');
});

longTest('two runs of embed at once, then one offline', async () => {
  const own = { HF_HOME: join(root, 'hf-of-two'), IMAGE_DRIFT_CACHE: join(root, 'cache-of-two') };
  const embed = (out: string, ...more: string[]) =>
    run([...EMBED, '--weights', 'hf:org/model', '--out', out, ...more], own);
  hub.seen.length = 0;
  const [one, two] = await Promise.all([embed('one.parquet'), embed('two.parquet')]);
  for (const { status, stderr } of [one, two]) assert.is(status, 0, stderr);
  assert.is(hub.seen.filter(({ at }) => at === 'cdn').length, 1);
  assert.is(readdirSync(join(own.IMAGE_DRIFT_CACHE, 'converted')).length, 1);
  hub.seen.length = 0;
  const again = endedWith(0, await embed('three.parquet', '--offline', '--json'));
  assert.match((JSON.parse(again.stdout) as { notices: string[] }).notices.join('\n'), 'hf:org/model');
  assert.equal(hub.seen, []);
  assert.equal(readFileSync(join(root, 'three.parquet')), readFileSync(join(root, 'one.parquet')));
});

longTest('convert and inspect take the same names', async () => {
  const converted = endedWith(0, await run(['convert', 'hf:org/model', '--out', 'weights', '--classes', 'a,b,c']));
  assert.match(converted.stdout, 'hf:org/model (safetensors) → weights');
  endedWith(0, await run(['convert', 'hf:org/model', '--onnx', 'model.onnx', '--json']));
  const inspected = await run(['inspect', 'hf:org/model', '--json']);
  assert.is((JSON.parse(inspected.stdout) as { kind: string }).kind, 'checkpoint');
  const taps = await run(['inspect', 'hf:org/model', '--taps', '--json']);
  assert.ok(
    (JSON.parse(taps.stdout) as { name: string }[]).some(({ name }) => name === 'avgpool'),
    taps.stderr,
  );
  const plan = await run(['inspect', 'hf:org/model', '--plan', '--json']);
  assert.is((JSON.parse(plan.stdout) as { kind: string }).kind, 'plan', plan.stderr);
});

longTest('a model of TensorFlow.js, with its files of weights', async () => {
  const folder = join(fixtures, 'convert', 'tfjs', 'mobile');
  const files = readdirSync(folder).map((name) => [`web/${name}`, readFileSync(join(folder, name))] as const);
  hub.push('org/web', Object.fromEntries(files));
  const { stdout } = endedWith(0, await run(['convert', 'hf:org/web/web/model.json', '--out', 'web']));
  assert.match(stdout, 'hf:org/web/web/model.json (tfjs-model) → web');
});

longTest('a checkpoint without a description says what is assumed', async () => {
  writeFileSync(join(root, 'net.safetensors'), smallModel('first'));
  const { stderr } = endedWith(0, await run([...EMBED, '--weights', 'net.safetensors', '--out', 'net.parquet']));
  assert.match(stderr, "Assumed: mean and std are ImageNet's, which a checkpoint does not say (--mean, --std)");
  assert.match(
    stderr,
    /^Not compared with its own program: (npx )?image-drift convert net\.safetensors --out FOLDER --check check\.npz/m,
  );
});

longTest('errors are coded, with what to do', async () => {
  hub.push('org/gated', smallRepository());
  Object.assign(hub.repositories.get('org/gated')!, { token: 'hf_secret', isGated: true });
  const errorOf = async (name: string, env?: Record<string, string>) => {
    const { status, stderr } = await run([...EMBED, '--weights', name, '--out', 'x.npz', '--json'], env);
    const { code, hint } = (JSON.parse(stderr) as { error: { code: string; hint: string } }).error;
    return { status, code, hint };
  };
  const gated = await errorOf('hf:org/gated');
  assert.equal([gated.status, gated.code], [5, 'HUB_GATED']);
  assert.match(gated.hint, 'HF_TOKEN');
  assert.equal((await errorOf('hf:../../x')).code, 'HUB_NAME');
  const offline = await errorOf('hf:org/gated', { HF_HUB_OFFLINE: '1' });
  assert.equal([offline.status, offline.code], [4, 'HUB_NOT_CACHED']);
  endedWith(0, await run(['inspect', 'hf:org/gated'], { HF_TOKEN: 'hf_secret' }));
});
