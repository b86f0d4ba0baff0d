/** Optional packages that are absent or broken: said, never thrown. Only IMAGE_DRIFT_PACKAGES says where they are. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  assert,
  longTest,
  noVulkan,
  packageRoot,
  plainEnvironment,
  runCli,
  temporaryFolder,
  test,
} from '../support/test.js';

const PROGRAM = fileURLToPath(new URL('../support/try-backend.js', import.meta.url));

interface Outcome {
  availability: { ok: boolean; reason: string; howToGet: string | null };
  error: { code: string; message: string; hint: string };
}

/** Asks for the backend in a process of its own. @param packages what IMAGE_DRIFT_PACKAGES names */
async function tryBackend(name: string, packages: string, cwd = packages): Promise<Outcome> {
  const env = { ...plainEnvironment(), IMAGE_DRIFT_PACKAGES: packages };
  const options = { cwd, env, timeout: 30_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, name], options);
  assert.is(stderr, '');
  return JSON.parse(stdout);
}

function install(folder: string, name: string, version: string, source: string): void {
  const root = join(folder, 'node_modules', name);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  writeFileSync(join(root, 'index.js'), source);
}

for (const [name, missing] of [
  ['onnxruntime', /package onnxruntime-node is not installed/],
  ['tensorflow', /neither @tensorflow\/tfjs-node-gpu nor @tensorflow\/tfjs-node is installed/],
] as const) {
  test(`${name}: without its package, why and how to get it`, async () => {
    const { availability, error } = await tryBackend(name, temporaryFolder());
    assert.is(availability.ok, false);
    assert.match(availability.reason, missing);
    assert.match(availability.howToGet!, /npm install/);
    assert.is(error.code, 'BACKEND_NOT_INSTALLED');
    assert.match(error.message, missing);
    assert.match(error.hint, /npm install/);
  });
}

test('a package is found where IMAGE_DRIFT_PACKAGES says; one that does not load is told with its own words', async () => {
  const folder = temporaryFolder();
  const fails = 'throw new Error("libnothing.so.1: cannot open shared object file\\nand more");';
  install(folder, 'onnxruntime-node', '1.99.0', fails);
  install(folder, '@tensorflow/tfjs-node', '4.99.0', fails);
  for (const name of ['onnxruntime', 'tensorflow']) {
    const { availability, error } = await tryBackend(name, folder, temporaryFolder());
    assert.is(availability.ok, false);
    assert.match(availability.reason, /: libnothing\.so\.1: cannot open shared object file$/);
    assert.is(error.code, 'BACKEND_FAILED');
  }
});

longTest('a package of the working directory, or of a folder above it, never runs', async () => {
  const folder = temporaryFolder();
  const ran = join(folder, 'ran');
  const plants = `require('node:fs').writeFileSync(${JSON.stringify(ran)}, '');`;
  for (const name of ['onnxruntime-node', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu']) {
    install(folder, name, '4.99.0', plants);
  }
  const within = join(folder, 'images');
  mkdirSync(within);
  for (const cwd of [folder, within]) {
    const images = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
    const args = ['embed', images, '--weights', 'fashion-mnist-resnet18', '--out', 'e.csv', '--backend', 'onnxruntime'];
    assert.match(runCli(args, { cwd }).stderr, 'BACKEND_NOT_INSTALLED');
    assert.is(existsSync(ran), false);
  }
  const { stdout } = runCli(['doctor', '--json'], { cwd: within, env: noVulkan });
  assert.is(JSON.parse(stdout).optional_packages['onnxruntime-node'] ?? null, null);
  assert.is(existsSync(ran), false);
  await tryBackend('onnxruntime', folder);
  assert.is(existsSync(ran), true, 'the plant works');
});

test('of the two TensorFlow packages the second is taken when the first does not load; both are told', async () => {
  const folder = temporaryFolder();
  install(folder, '@tensorflow/tfjs-node-gpu', '4.99.0', 'throw new Error("no CUDA");');
  install(folder, '@tensorflow/tfjs-node', '3.21.0', '');
  const { availability } = await tryBackend('tensorflow', folder);
  const both = /tfjs-node-gpu 4\.99\.0 does not work here: no CUDA; .*tfjs-node 3\.21\.0 .*version 4/;
  assert.match(availability.reason, both);
});

test('an onnxruntime that rounds pooling another way is not taken', async () => {
  const folder = temporaryFolder();
  install(folder, 'onnxruntime-node', '1.20.1', '');
  const { availability, error } = await tryBackend('onnxruntime', folder);
  assert.match(availability.reason, /^onnxruntime-node 1\.20\.1 is older than 1\.21/);
  assert.is(error.code, 'BACKEND_FAILED');
});

test('a package that registers no backend is no TensorFlow', async () => {
  const folder = temporaryFolder();
  install(folder, '@tensorflow/tfjs-node', '4.99.0', '');
  const { availability } = await tryBackend('tensorflow', folder);
  assert.match(availability.reason, /do not share an engine/);
});
