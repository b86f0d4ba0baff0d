/**
 * What every backend with a native library must do. IMAGE_DRIFT_PACKAGES may say where its package is; without it the
 * specs are skipped, saying so, unless `IMAGE_DRIFT_REQUIRE` names the backend.
 */
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Backend, Embedder, type EngineName, type ImageBatch, loadBackend } from '../../engine/index.js';
import { backboneGoldens, checkBackbone } from './backbone-goldens.js';
import { checkNetwork, networkGoldens } from './network-goldens.js';
import { readWholeArray } from './npz-file.js';
import { pixels } from './pseudo-random.js';
import { pseudoWeights } from './pseudo-weights.js';
import { relativeError } from './relative-error.js';
import { assert, collect, packageRoot, runCli, type Suite, suite, temporaryFolder } from './test.js';

/** One of each way of building a network: plain, with shortcuts, grouped, depthwise. */
const ARCHITECTURES = /^(resnet18|resnet50|vgg11|mobilenet_v2|resnext50_32x4d)-/;

const TAPS = ['features.3', 'features.18', 'classifier'];
const SIZES: readonly [rows: number, height: number, width: number][] = [
  [7, 32, 32],
  [1, 45, 61],
  [8, 33, 32],
  [2, 32, 32],
];

/** @param more specs of this backend alone */
export async function nativeBackend(name: EngineName, more: (specs: Suite, backend: Backend) => void): Promise<void> {
  const backend = await loadBackend(name);
  const { ok, reason } = await backend.availability();
  if (!ok) {
    if (process.env['IMAGE_DRIFT_REQUIRE'] === name) throw new Error(`backend ${name}: ${reason}`);
    console.log(`SKIPPED (${reason}): specs of backend ${name}`);
    return;
  }
  const specs = suite(`backend ${name}`);
  againstPyTorch(specs, name);
  batches(specs, name);
  leaving(specs, name);
  commandLine(specs, name);
  more(specs, backend);
}

function againstPyTorch(specs: Suite, backend: EngineName): void {
  for (const golden of networkGoldens()) {
    specs(golden.images, async () => {
      await checkNetwork(golden, { backend });
    });
  }
  const goldens = backboneGoldens();
  if (goldens === null) {
    console.log(`SKIPPED (no IMAGE_DRIFT_GOLDENS): large networks on ${backend}`);
    return;
  }
  const { root, cases } = goldens;
  const chosen = cases.filter((name) => ARCHITECTURES.test(name));
  specs('there are enough large networks', () => assert.ok(chosen.length >= 5, `only ${chosen.join(', ')}`));
  for (const name of chosen) {
    specs(name, async () => {
      const error = await checkBackbone(join(root, name), { backend });
      console.log(`${name}: ${error.toExponential(1)}`);
    });
  }
}

function batches(specs: Suite, backend: EngineName): void {
  specs('batches of other sizes, images of other sizes, a last partial batch: what simd gives', async () => {
    const weights = pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 4 });
    const images = SIZES.map(([rows, height, width], i): ImageBatch => {
      return { rows, height, width, data: pixels(`batch ${i}`, rows * height * width * 3) };
    });
    const embed = async (engine: EngineName) => {
      const embedder = await Embedder.create(weights, { tap: TAPS, backend: engine, batch: 3, threads: 1 });
      const results = await collect(embedder.run(images));
      await embedder.close();
      return results;
    };
    const expected = await embed('simd');
    (await embed(backend)).forEach(({ taps, scores }, i) => {
      for (const tap of TAPS) {
        const [actual, other] = [taps.get(tap)!, expected[i]!.taps.get(tap)!];
        assert.equal(actual.shape, other.shape);
        assert.ok(relativeError(actual.data, other.data) <= 1e-5, `${tap} of batch ${i}`);
      }
      assert.ok(relativeError(scores!, expected[i]!.scores!) <= 1e-5, `scores of batch ${i}`);
    });
  });
}

function leaving(specs: Suite, backend: EngineName): void {
  const program = fileURLToPath(new URL('./embed-and-leave.js', import.meta.url));
  specs('prints nothing, adds no listeners, and the process ends by itself though never closed', async () => {
    const run = promisify(execFile)(process.execPath, [program, backend, '1', '3'], { timeout: 60_000 });
    const { stdout, stderr } = await run;
    assert.is(stdout, '');
    assert.is(stderr, '');
  });
}

/** Across backends, as the command line has them. */
const ACROSS = 2e-5;

function commandLine(specs: Suite, backend: EngineName): void {
  const folder = temporaryFolder();
  const images = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
  const embed = (name: string, ...flags: string[]) => {
    const out = join(folder, 'out.npz');
    rmSync(out, { force: true });
    const args = ['embed', images, '--weights', 'fashion-mnist-resnet18', '--out', out, '--backend', name, ...flags];
    return { out, ...runCli(args) };
  };

  specs('embed: what simd gives, on one thread and on all', async () => {
    const embeddings = async (name: string, ...flags: string[]) => {
      const { out, status, stderr } = embed(name, ...flags);
      assert.is(status, 0, stderr);
      return (await readWholeArray(out, 'embeddings')).values;
    };
    const expected = await embeddings('simd');
    for (const flags of [[], ['--threads', '1'], ['--device', 'cpu']]) {
      const error = relativeError(await embeddings(backend, ...flags), expected);
      assert.ok(error <= ACROSS, `${flags.join(' ')}: ${error} relative to the largest value`);
    }
  });

  specs('embed on a device that is not there: a coded error, and no file', () => {
    const { out, status, stderr } = embed(backend, '--device', 'nonsense');
    assert.is(status, 4);
    assert.match(stderr, /error ADAPTER_MISSING: backend \w+: no device nonsense/);
    assert.is(existsSync(out), false);
  });
}
