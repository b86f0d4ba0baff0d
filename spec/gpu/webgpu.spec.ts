/**
 * The WebGPU backend on a GPU, or on one that the CPU emulates (slow, so with few images). `spec/ci/webgpu.sh` installs
 * what it needs. `IMAGE_DRIFT_GOLDENS` holds PyTorch's references.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import tf = require('@tensorflow/tfjs-core');

import { WebgpuDevice } from '../../engine/backends/gpu/device.js';
import { findAdapter } from '../../engine/backends/webgpu/adapters.js';
import { createKernels, loadDawn } from '../../engine/backends/webgpu/dawn.js';
import { Embedder, type EngineError, loadBackend, type Program } from '../../engine/index.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { fitProfileFromEvents, measureWindows } from '../../pipeline/measure/index.js';
import { weightsFolder } from '../../weights/index.js';
import { backboneGoldens, checkBackbone } from '../support/backbone-goldens.js';
import { readWholeArray, writeNpz } from '../support/npz-file.js';
import { pixels } from '../support/pseudo-random.js';
import { amount, assert, packageRoot, refusal, skipFile, suite, temporaryFolder } from '../support/test.js';
import { operationsSuite } from '../support/tfjs-operations.js';
import { batch, bound, options, taps, weights } from './small-network.js';

const ARCHITECTURES = ['resnet18-45', 'resnet50-33', 'vgg11-32', 'mobilenet_v2-32'];
const BATCHES = amount(200, 80);
/** Images of a baseline, which `simd` embeds, and of a week. */
const [BASELINE, WEEK] = [300, 100];
const ROUNDS = 4;
/** llvmpipe's memory belongs to the process, and varies by some 50 MiB: the round that adds least tells. */
const MAX_GROWTH_MIB = 16;

interface Held {
  counts: Record<string, number>;
  residentMebibytes: number;
}

const backend = await loadBackend('webgpu');
const here = await backend.availability();

async function openDevice(): Promise<WebgpuDevice> {
  const dawn = await loadDawn();
  const found = await findAdapter(dawn, undefined);
  return WebgpuDevice.open(found, (device) => createKernels(dawn, found, device));
}

/** Imitates a failing driver, as far as a program can. */
function loseDevice(): void {
  (tf.backend() as unknown as { device: { destroy(): void } }).device.destroy();
}

function runProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = fileURLToPath(new URL(file, import.meta.url));
  // A process that does not end fails by the timeout.
  return promisify(execFile)(process.execPath, [program, ...args], {
    timeout: 120_000,
    env: { ...process.env, ...env },
  });
}

const correctness = suite('webgpu against PyTorch in float64');
const goldens = backboneGoldens();
for (const name of ARCHITECTURES) {
  if (goldens === null) {
    console.log(`SKIPPED (no IMAGE_DRIFT_GOLDENS): webgpu, ${name}`);
    continue;
  }
  correctness(name, async () => {
    const error = await checkBackbone(join(goldens.root, name), { backend: 'webgpu' });
    console.log(`${name} on ${here.device}: ${error.toExponential(1)}`);
  });
}

let forOperations: WebgpuDevice;
const operations = operationsSuite('webgpu', async () => {
  forOperations = await openDevice();
  return forOperations.backend;
});
operations.after(() => forOperations.close());

const devices = suite('webgpu devices');

devices('the adapter says who it is', () => {
  assert.ok(here.device !== null && here.device.length > 0);
  assert.ok((here.driver?.length ?? 0) > 0);
  assert.match(here.version ?? '', /^\d+\.\d+\.\d+/);
  const emulated = /llvmpipe|swiftshader/i.test(`${here.device} ${here.driver}`);
  assert.is(here.kind, emulated ? 'software-gpu' : 'gpu');
});

devices('by number and by part of its name in another case', async () => {
  assert.is((await backend.availability({ device: '0' })).ok, true);
  const part = here.device!.slice(0, 5).toUpperCase();
  assert.is((await backend.availability({ device: part })).device, here.device);
});

devices('a device that is not there is refused, with those that are', async () => {
  const error = await refusal('ADAPTER_MISSING', () => backend.compile(bound, { ...options, device: 'Voodoo 2' }));
  assert.ok(error.message.includes('Voodoo 2') && error.message.includes(here.device!), error.message);
  await refusal('ADAPTER_MISSING', () => backend.compile(bound, { ...options, device: '99' }));
  const there = await backend.availability({ device: 'Voodoo 2' });
  assert.is(there.ok, false);
  assert.match(there.reason, /Voodoo 2/);
});

devices('exact is refused: the kernels have float32', async () => {
  assert.equal(backend.precisions, ['float32']);
  await refusal('PRECISION_UNSUPPORTED', () => backend.compile(bound, { ...options, precision: 'exact' }));
});

devices('no adapter: a reason, what to install, and the coded error', async () => {
  const nowhere = { VK_DRIVER_FILES: '/nonexistent.json', VK_ICD_FILENAMES: '/nonexistent.json' };
  const { stdout } = await runProgram('./without-adapter.js', [], nowhere);
  const { availability, code } = JSON.parse(stdout);
  assert.is(availability.ok, false);
  assert.match(availability.reason, /no GPU was found/);
  assert.match(availability.howToGet, /Vulkan/);
  assert.is(code, 'ADAPTER_MISSING');
});

devices('a tensor beyond what the device takes is refused by name, before anything runs', async () => {
  const tensors = new Map([...bound.tensors, ['huge.weight', { shape: [2 ** 20, 2 ** 20], data: new Float32Array() }]]);
  const error = await refusal('BACKEND_FAILED', () => backend.compile({ graph: bound.graph, tensors }, options));
  assert.match(error.message, /huge\.weight has 4,194,304 MiB/);
});

devices('what the device refuses without saying so at once is an error, and the next batch is right', async () => {
  const device = await openDevice();
  await tf.setBackend(device.backend);
  const { value, accepted } = device.watch(() => {
    const tooLarge = tf.fill([device.largestTensor / 4 + 1024], 1);
    const read = tf.slice(tooLarge, [0], [2]).data();
    return Promise.allSettled([read]);
  });
  const error = await accepted.then(
    () => null,
    (reason: EngineError) => reason,
  );
  await value;
  assert.ok(error !== null && ['BACKEND_FAILED', 'OUT_OF_MEMORY'].includes(error.code), String(error));
  const good = device.watch(() => tf.add(tf.ones([2000]), tf.ones([2000])).data());
  await good.accepted;
  assert.equal((await good.value).slice(0, 2), Float32Array.of(2, 2));
  device.close();
});

const runs = suite('webgpu runs');
let program: Program;
runs.before(async () => {
  program = await backend.compile(bound, options);
  await program.run(batch(2));
});
runs.after(() => program.dispose());

runs('the next batch is queued while one is computed, and each gets its own results', async () => {
  const alone = [await program.run(batch(2, 'a')), await program.run(batch(2, 'b'))];
  const idle = tf.memory().numTensors;
  const first = program.run(batch(2, 'a'));
  const second = program.run(batch(2, 'b'));
  const third = program.run(batch(2, 'a'));
  // Recording needs promises alone; the GPU's results need the event loop, which does not turn here.
  for (let i = 0; i < 200; i++) await null;
  assert.is(tf.memory().numTensors, idle + 2 * (taps.length + 1), 'outputs of two batches, not of the third');
  const results = [await first, await second, await third];
  assert.is(tf.memory().numTensors, idle);
  assert.equal(results, [...alone, alone[0]]);
  assert.not.equal(alone[0], alone[1]);
});

runs('a batch beyond what the device takes: coded, with the number that fits; the program stays usable', async () => {
  const before = await program.run(batch(2));
  const huge = { rows: 10_000_000, height: 32, width: 32, data: new Uint8Array() };
  const error = await refusal('OUT_OF_MEMORY', () => program.run(huge));
  assert.match(error.hint ?? '', /at most \d+/);
  assert.equal(await program.run(batch(2)), before);
});

runs(`${BATCHES} batches leave no tensor, no device memory and no more than a little memory behind`, async () => {
  const { stdout } = await runProgram('./many-batches.js', [String(BATCHES / 2), String(ROUNDS)]);
  const held: Held[] = JSON.parse(stdout);
  for (const { counts } of held) assert.equal(counts, held[0]!.counts);
  const growths = held.slice(1).map(({ residentMebibytes }, i) => residentMebibytes - held[i]!.residentMebibytes);
  const told = `${growths.map((growth) => growth.toFixed(1)).join(', ')} MiB more in rounds of ${BATCHES / 2} batches`;
  console.log(told);
  assert.ok(Math.min(...growths) <= MAX_GROWTH_MIB, told);
});

runs('images of many sizes do not pile up buffers', async () => {
  const run = async (side: number) => {
    await program.run({ rows: 1, height: side, width: side, data: pixels(`${side}`, side * side * 3) });
    return (tf.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
  };
  const first = await run(33);
  for (const side of [35, 37, 39]) await run(side);
  assert.is(await run(33), first);
});

const losses = suite('webgpu device loss');

losses('runs under way and later ones fail with DEVICE_LOST; a new program is as good as the first', async () => {
  const program = await backend.compile(bound, options);
  const before = await program.run(batch(2));
  const underWay = [program.run(batch(2)), program.run(batch(1)), program.run(batch(2))];
  const outcomes = Promise.allSettled(underWay);
  await new Promise((resolve) => setImmediate(resolve));
  loseDevice();
  for (const outcome of await outcomes) {
    const error = outcome.status === 'rejected' ? (outcome.reason as EngineError) : null;
    assert.is(error?.code, 'DEVICE_LOST', String(error));
    assert.ok(error!.message.includes(here.device!), error!.message);
  }
  await refusal('DEVICE_LOST', () => program.run(batch(2)));
  await program.dispose();
  const again = await backend.compile(bound, options);
  assert.equal(await again.run(batch(2)), before);
  await again.dispose();
});

losses('through the embedder it names the images', async () => {
  const embedder = await Embedder.create(weights, { tap: 'features.18', backend: 'webgpu' });
  async function* source() {
    yield batch(2);
    yield batch(1);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    loseDevice();
    yield batch(3);
  }
  const error = await refusal('DEVICE_LOST', async () => {
    for await (const _ of embedder.run(source()));
  });
  assert.match(error.message, /^images? \d/);
  await embedder.close();
});

const verdicts = suite('webgpu and the verdict');

verdicts('auto on this device agrees with simd on the samples: in numbers, and on which week drifts', async () => {
  const folder = temporaryFolder();
  const samples = await readWholeArray(join(packageRoot, 'samples/fashion-mnist/production.npz'), 'arr_0');
  const slice = (name: string, from: number, to: number) => {
    const values = Uint8Array.from(samples.values).subarray(from * 32 * 32, to * 32 * 32);
    writeNpz(join(folder, `${name}.npz`), { arr_0: { descr: '|u1', shape: [to - from, 32, 32], values } });
  };
  slice('baseline', 0, BASELINE);
  slice('week', BASELINE, BASELINE + WEEK);
  const embedded = async (embedder: Embedder, name: string, corruption?: 'gaussian_blur') => {
    const out = join(folder, `${embedder.backend}-${name}-${corruption}.parquet`);
    const options = corruption && { corruption: { name: corruption, seed: 1 } };
    await embedImages(embedder, join(folder, `${name}.npz`), out, options);
    return out;
  };
  const weights = weightsFolder('fashion-mnist-resnet18');
  const ours = await Embedder.load(weights, { backend: 'simd' });
  const theirs = await Embedder.load(weights, { device: here.device! });
  const profile = await fitProfileFromEvents(await embedded(ours, 'baseline'));
  const weeks: string[] = [];
  for (const embedder of [ours, theirs]) {
    weeks.push(await embedded(embedder, 'week'), await embedded(embedder, 'week', 'gaussian_blur'));
    await embedder.close();
  }
  assert.is(theirs.backend, 'webgpu');
  assert.ok(theirs.difference !== null && theirs.difference <= 1e-5, String(theirs.difference));
  // Weeks as small as these can show large distances only.
  const { report } = await measureWindows(profile, weeks, { detect: 0.5 });
  const found = report.windows.map(({ verdict }) => verdict);
  assert.equal(found, ['no drift', 'drift', 'no drift', 'drift']);
});

const processes = suite('webgpu and the process');
for (const count of ['3', '1']) {
  processes(`ends by itself with 0 after ${count} batches, never closed`, async () => {
    const { stdout } = await runProgram('../support/embed-and-leave.js', ['webgpu', '0', count]);
    assert.is(stdout, '');
  });
}

if (!here.ok) {
  if (process.env['IMAGE_DRIFT_REQUIRE'] === 'webgpu') throw new Error(`backend webgpu: ${here.reason}`);
  skipFile(`webgpu: ${here.reason}; needed: ${here.howToGet ?? 'another computer'}`, 'spec/gpu/webgpu.spec.ts');
}
