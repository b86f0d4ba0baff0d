/** The parts of the WebGPU backend that need no GPU; the rest is in spec/gpu/webgpu.spec.ts. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isSoftware } from '../../engine/backends/gpu/gpu.js';
import { matchAdapter, parseAdapterList } from '../../engine/backends/webgpu/adapters.js';
import { mayHaveGpu } from '../../engine/backends/webgpu/hardware.js';
import { Gate } from '../../files/index.js';
import { assert, packageRoot, refusal, temporaryFolder, test } from '../support/test.js';

/** Dawn 0.6.2's text for a laptop with two GPUs and an emulated one. */
const LIST = `no suitable backends found
Available adapters:
 * backend: 'vulkan', name: 'NVIDIA GeForce RTX 4060 Laptop GPU'
 * backend: 'vulkan', name: 'Intel(R) Iris(R) Xe Graphics (RPL-P)'
 * backend: 'vulkan', name: 'Intel(R) Iris(R) Xe Graphics (RPL-P)'
 * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'
 * backend: 'opengl', name: 'it's odd'`;

const listed = parseAdapterList(LIST);

test("Dawn's list, each card once", () => {
  assert.equal(
    listed.map(({ api, name }) => `${api}: ${name}`),
    [
      'vulkan: NVIDIA GeForce RTX 4060 Laptop GPU',
      'vulkan: Intel(R) Iris(R) Xe Graphics (RPL-P)',
      'vulkan: llvmpipe (LLVM 15.0.6, 256 bits)',
      "opengl: it's odd",
    ],
  );
  assert.equal(parseAdapterList('no suitable backends found\nAvailable adapters:\n'), []);
  assert.equal(parseAdapterList('something else'), []);
});

test('a device by number, by name and by part of it', async () => {
  assert.is(matchAdapter(listed, '1'), listed[1]);
  assert.is(matchAdapter(listed, 'rtx 4060'), listed[0]);
  assert.is(matchAdapter(listed, 'LLVMPIPE (llvm 15.0.6, 256 bits)'), listed[2]);
  for (const device of ['4', '4060', 'rtx 4070', '']) {
    const error = await refusal('ADAPTER_MISSING', () => matchAdapter(listed, device));
    assert.match(error.message, /there are 0 NVIDIA .* \(vulkan\), 1 Intel.*, 2 llvmpipe/);
  }
  await refusal('ADAPTER_MISSING', () => matchAdapter([], '0'));
});

test('what a CPU emulates is told from a GPU', () => {
  const info = { vendor: 'nvidia', architecture: 'hopper', device: 'nvidia-h100', description: 'NVIDIA: 550.54' };
  assert.not(isSoftware(info));
  assert.not(isSoftware({ ...info, isFallbackAdapter: false }));
  assert.ok(isSoftware({ ...info, isFallbackAdapter: true }));
  assert.ok(isSoftware({ ...info, architecture: 'swiftshader' }));
  assert.ok(isSoftware({ ...info, device: 'llvmpipe-llvm-15-0-6-256-bits-' }));
  assert.ok(isSoftware({ ...info, description: 'Microsoft Basic Render Driver' }));
});

test('a GPU can only be ruled out on Linux', () => {
  assert.is(mayHaveGpu('darwin'), true);
  assert.is(mayHaveGpu('win32'), true);
  assert.type(mayHaveGpu(), 'boolean');
});

test('a gate lets its number through, in order, also after failures', async () => {
  const gate = new Gate(2);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const tasks = [0, 1, 2, 3].map((i) =>
    gate.pass(async () => {
      started.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (i === 0) throw new Error('zero');
      return i;
    }),
  );
  const settled = Promise.allSettled(tasks);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  assert.equal(started, [0, 1]);
  ends[0]!();
  await turn();
  assert.equal(started, [0, 1, 2]);
  for (const i of [1, 2]) ends[i]!();
  await turn();
  ends[3]!();
  const outcomes = await settled;
  const ended = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason)));
  assert.equal(ended, ['Error: zero', 1, 2, 3]);
  assert.is(await gate.pass(async () => 5), 5);
});

/** The compiled package in a folder with the packages that come with it, none of the optional ones. */
const installed = temporaryFolder();
cpSync(join(packageRoot, 'dist'), join(installed, 'dist'), {
  recursive: true,
  filter: (path) => !/dist.(spec|bench|bundled|report|emulator|publish)$/.test(path),
});
cpSync(join(packageRoot, 'package.json'), join(installed, 'package.json'));
// It reads some tables from beside its sources.
cpSync(join(packageRoot, 'graph'), join(installed, 'graph'), { recursive: true });
mkdirSync(join(installed, 'node_modules'));
for (const name of ['zod', 'fastest-levenshtein']) {
  symlinkSync(join(packageRoot, 'node_modules', name), join(installed, 'node_modules', name), 'junction');
}

function run(program: string, env: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const options = { cwd: installed, env: { ...process.env, ...env } };
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, ...args], options);
}

test('without the packages: not there, which to install, and the coded error', async () => {
  const { stdout } = await run(`
    const { loadBackend } = await import('./dist/engine/index.js');
    const backend = await loadBackend('webgpu');
    const availability = await backend.availability();
    const options = { taps: [], scores: false, mean: [0], std: [1], precision: 'float32' };
    const code = await backend.compile({}, options).then(() => null, (error) => error.code);
    console.log(JSON.stringify({ availability, code }));`);
  const { availability, code } = JSON.parse(stdout);
  assert.is(availability.ok, false);
  assert.match(availability.reason, /is not installed/);
  assert.match(availability.howToGet, /^npm install webgpu@\S+ @tensorflow\/tfjs-backend-webgpu@\S+$/);
  assert.is(availability.version, null);
  assert.is(code, 'BACKEND_NOT_INSTALLED');
});

test('TensorFlow.js is found where the optional packages are; without it there is a coded error', async () => {
  const program = `
    const load = import('./dist/engine/backends/tfjs/global-engine.js');
    console.log(await load.then(({ tf }) => tf.version_core, ({ code, hint }) => code + ' ' + hint));`;
  assert.match((await run(program)).stdout, /^BACKEND_NOT_INSTALLED npm install @tensorflow\/tfjs-core@/);
  assert.match((await run(program, { IMAGE_DRIFT_PACKAGES: packageRoot })).stdout, /^4\.\d+\.\d+$/m);
});

const LOUD = "require('node:fs').writeSync(2, 'Warning: Failed to create a DXGI factory\\n');";
/** `auto` on a system where only a driver knows whether there is a GPU. */
const AUTO = `
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  const { Embedder } = await import('./dist/engine/index.js');
  const options = { threads: 0, onNotice: (text) => console.log(text) };
  await (await Embedder.load(process.argv[1], options)).close();`;

for (const [what, create, said] of [
  ['there is none', '({ requestAdapter: async () => null })', 'no GPU was found'],
  ['it crashes', "process.kill(process.pid, 'SIGSEGV')", 'its process ended with SIGSEGV: Warning: Failed to create'],
]) {
  test(`what Dawn prints while auto looks for a GPU is not the user’s: ${what}`, async () => {
    for (const name of ['webgpu', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-core']) {
      const folder = join(installed, 'node_modules', name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', main: 'main.cjs' }));
      writeFileSync(join(folder, 'main.cjs'), `${LOUD} exports.create = () => ${create};`);
    }
    const { stdout, stderr } = await run(AUTO, {}, join(packageRoot, 'weights', 'fashion-mnist-resnet18'));
    assert.is(stderr, '');
    assert.match(stdout, /^backend simd, /);
    assert.match(stdout, `webgpu: ${said}`);
  });
}
