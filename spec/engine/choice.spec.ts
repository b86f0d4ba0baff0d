import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nvidiaDriver } from '../../engine/backends/nvidia.js';
import type { EngineName } from '../../engine/backends/registry.js';
import { CalibrationCache, calibrationKey } from '../../engine/choice/calibration.js';
import {
  type Candidate,
  type ChoiceOptions,
  type Comparison,
  chooseEngine,
  probeOrder,
} from '../../engine/choice/choose.js';
import type { Availability, Precision } from '../../engine/index.js';
import { cacheFolder } from '../../files/system/index.js';
import { available } from '../support/fake-backend.js';
import { assert, readFixture, refusal, temporaryFolder, test } from '../support/test.js';

const WEBGPU: string[] = ['webgpu', '@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-core'];
const gpu = available({ device: 'a GPU', kind: 'gpu' });
const software = available({ device: 'llvmpipe', kind: 'software-gpu' });
const cpu = available({ device: 'cpu', kind: 'cpu', reason: 'runs' });
const absent = available({ ok: false, reason: 'not there', device: null });
const FOUND = { gpu, software, cpu, absent };

interface Machine {
  packages?: string[];
  engines?: Partial<Record<EngineName, Availability>>;
  precisions?: Partial<Record<EngineName, readonly Precision[]>>;
  rates?: Partial<Record<EngineName, number>>;
  recalled?: Comparison;
}

function asking(machine: Machine, probed: EngineName[]) {
  return {
    installed: (name: string) => machine.packages?.includes(name) ?? false,
    async probe(engine: EngineName) {
      probed.push(engine);
      const availability = machine.engines?.[engine] ?? (engine === 'simd' ? cpu : absent);
      return { availability, precisions: machine.precisions?.[engine] ?? (['float32'] as const) };
    },
  };
}

/** Chooses on a made-up machine, and notes what was asked of it. */
async function choose(machine: Machine, options: Partial<ChoiceOptions> = {}) {
  const [probed, measured, remembered]: [EngineName[], EngineName[], Comparison[]] = [[], [], []];
  const choice = await chooseEngine(
    { device: null, precision: 'float32', ...options },
    {
      ...asking(machine, probed),
      recall: () => machine.recalled ?? null,
      async measure({ engine }) {
        measured.push(engine);
        return machine.rates?.[engine] ?? 0;
      },
      remember: (_, comparison) => remembered.push(comparison),
    },
  );
  return { ...choice, probed, measured, remembered };
}

/** Machines with the packages that are installed and what their engines find, and what `auto` then asks and takes. */
interface StoredMachine extends Omit<Machine, 'engines' | 'recalled'> {
  name: string;
  engines?: Partial<Record<EngineName, keyof typeof FOUND>>;
  recalled?: Pick<Comparison, 'winner'> & Partial<Comparison> & { rates: Partial<Record<EngineName, number>> };
  options?: Partial<ChoiceOptions>;
  taken: EngineName;
  probed: EngineName[];
}

for (const stored of readFixture<StoredMachine[]>('engine', 'choice.json')) {
  const { name, engines = {}, recalled, options, taken, probed, ...machine } = stored;
  test(name, async () => {
    const found = Object.entries(engines).map(([engine, what]) => [engine, FOUND[what]]);
    const before = recalled && {
      ...{ difference: null, ...recalled },
      rates: new Map(Object.entries(recalled.rates)) as Comparison['rates'],
    };
    const choice = await choose(
      { ...machine, engines: Object.fromEntries(found), ...(before && { recalled: before }) },
      options,
    );
    assert.is(choice.engine, taken);
    assert.equal(choice.probed, probed);
  });
}

test('why: the rates of both, or what is the matter with the others', async () => {
  const two: Machine = {
    packages: ['onnxruntime-node'],
    engines: { onnxruntime: cpu },
    rates: { onnxruntime: 2900.4, simd: 670 },
  };
  const measured = await choose(two);
  assert.is(measured.why, '2,900 images/s, simd 670, measured now');
  assert.equal(measured.measured, ['onnxruntime', 'simd']);
  assert.is(measured.remembered.length, 1);
  const alone = await choose({ packages: WEBGPU, engines: { webgpu: software } });
  assert.is(alone.why, 'runs; webgpu: llvmpipe is a GPU in software, slower than the CPU itself');
  assert.equal(alone.measured, []);
  assert.equal(alone.remembered, []);
  assert.is((await choose({})).why, 'runs; no other engine is installed');
});

test('an engine that fails while it is measured loses, and that is not remembered', async () => {
  const choice = await choose({
    packages: ['onnxruntime-node'],
    engines: { onnxruntime: cpu },
    rates: { onnxruntime: 0, simd: 7 },
  });
  assert.is(choice.engine, 'simd');
  assert.is(choice.why, '7 images/s, onnxruntime failed, measured now');
  assert.equal(choice.remembered, []);
});

test('no engine has the device, or the precision: a code, with what each one says', async () => {
  const machine: Machine = { packages: WEBGPU, engines: { webgpu: absent } };
  await refusal('ADAPTER_MISSING', () => choose(machine, { device: 'rtx' }), /^device rtx: .*webgpu: not there$/);
  await refusal('NO_BACKEND', () => choose({}, { precision: 'exact' }), 'simd: it has no exact');
});

test('no engine runs here: a code, with what each one lacks', async () => {
  const error = await refusal('NO_BACKEND', () =>
    choose({ engines: { simd: available({ ok: false, reason: 'no SIMD' }) } }),
  );
  assert.is(error.message, 'no engine can compute in float32 here: simd: no SIMD');
});

test('with a device only engines that have devices are asked', () => {
  const order = probeOrder({ device: '0', installed: () => true });
  assert.equal(
    order.map(({ engine }) => engine),
    ['webgpu', 'tensorflow', 'onnxruntime', 'tensorflow'],
  );
});

const comparison: Comparison = {
  winner: 'onnxruntime',
  rates: new Map([
    ['onnxruntime', 3000],
    ['simd', 700],
  ]),
  difference: { of: 'fc.0', error: 2e-7 },
};

test('a comparison is kept for a month, and replaced by a newer one', () => {
  const folder = join(temporaryFolder(), 'cache');
  let now = 1e12;
  const cache = new CalibrationCache(folder, () => now);
  assert.is(cache.get('a'), null);
  cache.set('a', comparison);
  cache.set('b', { ...comparison, winner: 'simd' });
  assert.equal(cache.get('a'), comparison);
  assert.is(new CalibrationCache(folder, () => now).get('b')?.winner, 'simd');
  cache.set('a', { ...comparison, winner: 'simd' });
  assert.is(cache.get('a')?.winner, 'simd');
  now += 31 * 24 * 3600 * 1000;
  assert.is(cache.get('a'), null);
  assert.equal(readdirSync(folder), ['calibrations.json']);
});

test('the cache stays small', () => {
  const folder = temporaryFolder();
  const cache = new CalibrationCache(folder);
  for (let i = 0; i < 230; i++) cache.set(`key ${i}`, comparison);
  assert.is(JSON.parse(readFileSync(join(folder, 'calibrations.json'), 'utf8')).length, 200);
  assert.is(cache.get('key 0'), null);
  assert.is.not(cache.get('key 229'), null);
});

for (const [name, text] of [
  ['no JSON', '{"a"'],
  ['no list', '{"a": 1}'],
  ['other entries', '[null, 1, {"key": "a"}, {"key": "a", "at": 1, "winner": "simd", "rates": {"simd": "fast"}}]'],
  [
    'a difference of nothing',
    '[{"key": "a", "at": 1, "winner": "simd", "rates": {"simd": 1}, "difference": {"error": 1}}]',
  ],
  ['a winner without a rate', '[{"key": "a", "at": 1, "winner": "simd", "rates": {}}]'],
] as const) {
  test(`a damaged cache is as good as none: ${name}`, () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'calibrations.json'), text);
    const cache = new CalibrationCache(folder, () => 2);
    assert.is(cache.get('a'), null);
    cache.set('a', comparison);
    assert.equal(cache.get('a'), comparison);
  });
}

test('a cache that cannot be written is not an error', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const cache = new CalibrationCache(join(file, 'below'));
  cache.set('a', comparison);
  assert.is(cache.get('a'), null);
  assert.ok(existsSync(file));
});

test('where systems keep caches', () => {
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux'), join('/x', 'image-drift'));
  assert.match(cacheFolder({}, 'linux')!, /\.cache.image-drift$/);
  assert.match(cacheFolder({}, 'darwin')!, /Library.Caches.image-drift$/);
  assert.is(cacheFolder({ LOCALAPPDATA: '/l' }, 'win32'), join('/l', 'image-drift', 'cache'));
});

test('NVIDIA’s driver and cards, as Linux shows them', () => {
  const folder = temporaryFolder();
  assert.is(nvidiaDriver(folder), null);
  mkdirSync(join(folder, 'gpus', '0000:04:00.0'), { recursive: true });
  writeFileSync(join(folder, 'gpus', '0000:04:00.0', 'information'), 'Model: \t\t NVIDIA L4\nIRQ:   \t\t 16\n');
  const module = 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build\n';
  for (const version of [module, module.replace('Open Kernel Module for x86_64', 'x86_64 Kernel Module')]) {
    writeFileSync(join(folder, 'version'), version);
    assert.is(nvidiaDriver(folder), 'NVIDIA 550.54.15, NVIDIA L4');
  }
});

test('a comparison holds for one model, image size and device', () => {
  const candidate: Candidate = { engine: 'webgpu', availability: gpu };
  const model = {
    weightsSha256: 'a',
    image: { height: 32, width: 32 },
    taps: ['fc.0'],
    precision: 'float32',
    device: null,
    threads: null,
  } as const;
  const key = calibrationKey(candidate, model);
  assert.is(calibrationKey(candidate, { ...model }), key);
  const others = [
    calibrationKey(candidate, { ...model, weightsSha256: 'b' }),
    calibrationKey(candidate, { ...model, image: { height: 32, width: 33 } }),
    calibrationKey(candidate, { ...model, threads: 1 }),
    calibrationKey({ ...candidate, availability: { ...gpu, device: 'another' } }, model),
    calibrationKey({ ...candidate, availability: { ...gpu, driver: 'a newer one' } }, model),
    calibrationKey({ ...candidate, engine: 'simd' }, model),
  ];
  assert.is(new Set([key, ...others]).size, 7);
});
