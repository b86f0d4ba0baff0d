import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BACKEND_NAMES } from '../../engine/index.js';
import { writeNpz } from '../support/npz-file.js';
import { pixels } from '../support/pseudo-random.js';
import {
  assert,
  endedWith,
  longTest,
  noVulkan,
  packageRoot,
  printedJson,
  runCli,
  temporaryFolder,
  test,
} from '../support/test.js';

interface DoctorJson {
  node: string;
  cores: number;
  memory_bytes: number;
  memory_free_bytes: number;
  auto: string[];
  optional_packages: Record<string, string | null>;
  backends: {
    backend: string;
    available: boolean;
    works: boolean;
    reason: string;
    failure: string | null;
    error: number | null;
    images_per_second: number | null;
  }[];
}

const MODEL = 'fashion-mnist-resnet18';
const folder = temporaryFolder();
const env = { XDG_CACHE_HOME: join(folder, 'cache'), ...noVulkan };
const images = join(folder, 'images.npz');
writeNpz(images, { arr_0: { descr: '|u1', shape: [5, 32, 32, 3], values: pixels('images', 5 * 32 * 32 * 3) } });

test('doctor: exit code 0, a table of every backend, and what auto does', () => {
  const { stdout, stderr } = endedWith(0, runCli(['doctor'], { cwd: folder, env }));
  assert.is(stderr, '');
  for (const name of BACKEND_NAMES) assert.match(stdout, name);
  assert.match(stdout, /^simd +works +cpu +\d+-bit \w+ \d+x16 +[\d,]+ +\d\.\de-\d$/m);
  assert.match(stdout, /^simd: our WebAssembly kernels: \d+-bit, .*tiles of \d+x16, \d+ GFLOP\/s a core$/m);
  assert.match(stdout, `node`);
  assert.match(stdout, /--backend auto (takes|compares) /);
});

longTest('doctor --json, with packages of which only the package.json is there', () => {
  const project = join(folder, 'half installed');
  for (const name of ['onnxruntime-node', '@tensorflow/tfjs-node', 'webgpu']) {
    const half = join(project, 'node_modules', name);
    mkdirSync(half, { recursive: true });
    const manifest = { name, version: '9.8.7', main: './dist/not-there.js' };
    writeFileSync(join(half, 'package.json'), JSON.stringify(manifest));
  }
  const json = printedJson(runCli(['doctor', '--json'], { cwd: project, env })) as DoctorJson;
  assert.is(json.node, process.version);
  assert.ok(json.cores >= 1);
  assert.ok(json.memory_free_bytes > 0 && json.memory_free_bytes <= json.memory_bytes);
  const backends = new Map(json.backends.map((one) => [one.backend, one]));
  assert.is(backends.size, BACKEND_NAMES.length - 1);
  const { works, failure, error, images_per_second } = backends.get('simd')!;
  assert.ok(works, `${failure}`);
  assert.ok(error! < 1e-5);
  assert.ok(images_per_second! > 0);
  for (const { backend, available, works, reason } of json.backends) {
    assert.ok(works || !available || reason !== '');
    assert.ok(available || !works);
    assert.ok(works === json.auto.includes(backend) || reason.includes('software'), backend);
  }
  // Where an engine is properly installed beside this package, the half one of the project is not used.
  if (json.optional_packages['onnxruntime-node'] === '9.8.7') {
    const { available, reason } = backends.get('onnxruntime')!;
    assert.not.ok(available);
    assert.match(reason, 'onnxruntime-node 9.8.7 lies there, incomplete or not loadable');
  }
});

let outputs = 0;

function embed(...args: string[]) {
  return runCli(['embed', images, '--weights', MODEL, '--out', join(folder, `out${++outputs}.npz`), ...args], { env });
}

longTest('auto says on one line what it took and why; a backend that is named, nothing', () => {
  const auto = endedWith(0, embed());
  const [choice, summary, ...rest] = auto.stderr.trimEnd().split('\n');
  assert.match(choice!, /^backend [a-z]+, .+: .+/);
  assert.match(summary!, /out\d\.npz: 5 events/);
  assert.equal(rest, []);
  const named = embed('--backend', 'simd', '--threads', '1');
  assert.match(named.stderr, /^\S*out\d\.npz: 5 events in .* \(simd, 1 thread\)\n$/);
  assert.match(
    embed('--backend', 'simd', '--latency').stderr,
    /^\S*out\d\.npz: 5 events in .* \(simd, \d+ threads?\)\n$/,
  );
  assert.is(embed('--quiet').stderr, '');
});

test('the engine, and what is said of it, is part of the JSON; stderr then says nothing', () => {
  const auto = embed('--json');
  assert.is(auto.stderr, '');
  assert.match(JSON.parse(auto.stdout).notices.at(-1), /^backend [a-z]+, /);
  const json = JSON.parse(embed('--backend', 'simd', '--threads', '2', '--json').stdout);
  assert.is(json.backend, 'simd');
  assert.is(json.device, 'cpu');
  assert.is(json.threads, 2);
  assert.is(json.precision, 'float32');
  assert.is(json.difference_to_simd, null);
});

const refused: [string[], number, RegExp][] = [
  [['--backend', 'wasm'], 2, /wasm.*webgpu.*tensorflow.*onnxruntime.*simd/s],
  [['--backend', 'cpu'], 2, /cpu.*webgpu.*tensorflow.*onnxruntime.*simd/s],
  [['--device', 'no such device'], 4, /ADAPTER_MISSING.*no such device/],
  [['--batch', '0'], 2, /--batch takes a whole number/],
];
for (const [args, status, says] of refused) {
  test(`refused: ${args.join(' ')}`, () => {
    const run = embed(...args);
    assert.is(run.status, status);
    assert.match(run.stderr, says);
  });
}

longTest('without SharedArrayBuffer, simd computes the same on the calling thread', () => {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const made = (name: string) => join(folder, `${name}.npz`);
  const args = (name: string) => [main, 'embed', images, '--weights', MODEL, '--out', made(name)];
  assert.is(
    spawnSync(process.execPath, [...args('with'), '--backend', 'simd'], { env: { ...process.env, ...env } }).status,
    0,
  );
  for (const backend of ['simd', 'auto']) {
    const flags = ['--no-harmony-sharedarraybuffer', ...args(backend), '--backend', backend];
    const { status, stderr } = spawnSync(process.execPath, flags, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    // A later V8 may no longer have the flag: then there is nothing to say.
    if (/bad option/.test(stderr)) return;
    assert.is(status, 0);
    assert.equal(readFileSync(made(backend)), readFileSync(made('with')));
  }
});
