import type { EngineName } from '../../engine/backends/registry.js';
import type { Comparison } from '../../engine/choice/choose.js';
import { openRunner, type RunnerRequest, type Surroundings } from '../../engine/choice/open-runner.js';
import { type Backend, EngineError, type ImageBatch } from '../../engine/index.js';
import { deviceLost, FAKE_TAP, type Fake, fakeBackend, fakeOutputs, tinyModel } from '../support/fake-backend.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, refusal, rejection, test } from '../support/test.js';

const SIDE = 4;
const DEFAULTS = { device: null, precision: 'float32', threads: null, cores: 2, batch: null } as const;
const COMPILE = { taps: [FAKE_TAP], scores: true, mean: [0, 0, 0], std: [1, 1, 1] };
const MODEL = { model: tinyModel, compile: COMPILE, weightsSha256: 'a', image: { height: SIDE, width: SIDE } };
const USUAL = { ...DEFAULTS, ...MODEL, backend: 'auto', latency: false, recalibrate: false, ready: null } as const;

function batchOf(rows: number, name = ''): ImageBatch {
  return { rows, height: SIDE, width: SIDE, data: pixels(`batch ${name} of ${rows}`, rows * SIDE * SIDE * 3) };
}

/** Opens a runner on a machine with these engines; every optional package counts as installed. */
async function open(
  fakes: Partial<Record<EngineName, Fake>>,
  request: Partial<RunnerRequest> = {},
  { installed = () => true }: { installed?: () => boolean } = {},
) {
  const notices: string[] = [];
  const loaded: EngineName[] = [];
  const kept = new Map<string, Comparison>();
  const around: Surroundings = {
    async load(engine): Promise<Backend> {
      loaded.push(engine);
      const fake = fakes[engine];
      const availability = { ok: fake !== undefined, reason: `${engine} is what it is` };
      return fakeBackend({ availability, ...fake, name: engine });
    },
    installed,
    cache: { get: (key) => kept.get(key) ?? null, set: (key, comparison) => void kept.set(key, comparison) },
  };
  const again = () =>
    openRunner(
      {
        ...USUAL,
        notice: (text) => notices.push(text),
        ...request,
      },
      around,
    );
  return { runner: await again(), again, notices, loaded, kept };
}

/** Loses its device after so many runs, and never gets it back. */
function losing(after: number, fake: Fake = {}): Fake {
  let runs = 0;
  return {
    ...fake,
    onRun() {
      if (++runs > after) throw deviceLost();
    },
  };
}

const onCpu = { kind: 'cpu', device: 'cpu', reason: 'runs' } as const;

test('a device that dies: the batches under way are computed on the next engine, in order and right', async () => {
  let disposed = 0;
  // With a device simd is not compared, only left to step in.
  const { runner, notices } = await open(
    { webgpu: losing(3, { takes: 1, onDispose: () => disposed++ }), simd: { availability: onCpu } },
    { device: 'fake' },
  );
  const batches = Array.from({ length: 9 }, (_, i) => batchOf(3, String(i)));
  const results = await Promise.all(batches.map((batch) => runner.run(batch)));
  assert.equal(
    results,
    batches.map((batch) => fakeOutputs(batch)),
  );
  assert.is(runner.session.backend.name, 'simd');
  assert.is(disposed, 1);
  assert.is(notices.length, 2);
  assert.is(notices[1], 'backend simd, 2 threads: webgpu on fake 0 is lost (the driver died)');
  await runner.dispose();
});

test('two that are there are compared once; the winner is remembered, and measured anew when asked', async () => {
  let compiled = 0;
  const { runner, again, notices, kept } = await open({
    onnxruntime: { availability: onCpu, takes: 100, onCompile: () => compiled++ },
    tensorflow: { availability: onCpu, takes: 1 },
  });
  assert.is(runner.session.backend.name, 'tensorflow');
  assert.match(notices[0]!, /^backend tensorflow, 2 threads: [\d,.]+ images\/s, onnxruntime [\d,.]+, measured now$/);
  assert.is(kept.size, 1);
  assert.is(compiled, 1);
  const second = await again();
  assert.is(second.session.backend.name, 'tensorflow');
  assert.match(notices[1]!, /measured before$/);
  assert.is(compiled, 1, 'nothing is started to remember');
  assert.equal(await second.run(batchOf(2)), fakeOutputs(batchOf(2)));
  await runner.dispose();
  await second.dispose();
});

test('an engine that is slow is measured with single images, and not for long', async () => {
  const seen: number[] = [];
  const { runner, notices } = await open({
    onnxruntime: { availability: onCpu, takes: 600, onRun: (rows) => seen.push(rows) },
    simd: { availability: onCpu, takes: 1 },
  });
  assert.equal(seen, [1, 1]);
  assert.is(runner.session.backend.name, 'simd');
  assert.match(notices[0]!, /, onnxruntime 1\.\d, measured now$/);
});

test('recalibrate measures again', async () => {
  let compiled = 0;
  const { again } = await open(
    { onnxruntime: { availability: onCpu, onCompile: () => compiled++ }, simd: { availability: onCpu, takes: 9 } },
    { recalibrate: true },
  );
  await again();
  assert.is(compiled, 2);
});

test('an engine that dies while it is measured is not taken, saying so', async () => {
  const { runner, notices, kept } = await open({ webgpu: losing(0), onnxruntime: { availability: onCpu } });
  assert.is(runner.session.backend.name, 'onnxruntime');
  assert.is(notices[0], 'webgpu is not taken: the driver died');
  assert.match(notices[1]!, 'webgpu failed');
  assert.is(kept.size, 0);
});

const slow: Fake = { availability: onCpu, takes: 20 };
const WRONG = 'webgpu on fake 0 differs from simd by 3.0e-2 of the largest value of relu: not used';

test('a GPU that is faster and right is taken; what its first images showed is kept', async () => {
  let compared = 0;
  const { runner, again, kept } = await open({ webgpu: {}, simd: { ...slow, onCompile: () => compared++ } });
  assert.equal(await runner.run(batchOf(9)), fakeOutputs(batchOf(9)));
  assert.is(runner.session.backend.name, 'webgpu');
  assert.equal(runner.difference, { of: FAKE_TAP, error: 0 });
  assert.equal([...kept.values()][0]?.difference, runner.difference);
  assert.is(compared, 2, 'measured, and compared');
  const second = await again();
  await second.run(batchOf(9));
  assert.is(second.session.backend.name, 'webgpu');
  assert.equal(second.difference, runner.difference);
  assert.is(compared, 2);
});

test('a GPU that is wrong is not taken: nothing of it comes out, and the next start knows; another driver is tried', async () => {
  const compiled: string[] = [];
  const webgpu: Fake = { availability: { driver: '1' }, factor: () => 1.03, onCompile: () => compiled.push('webgpu') };
  const { runner, again, notices } = await open({ webgpu, simd: slow });
  const batches = Array.from({ length: 5 }, (_, i) => batchOf(3, String(i)));
  assert.equal(
    await Promise.all(batches.map((batch) => runner.run(batch))),
    batches.map((batch) => fakeOutputs(batch)),
  );
  assert.is(runner.session.backend.name, 'simd');
  assert.is(runner.difference, null);
  assert.equal(notices.slice(1), [`backend simd, 2 threads: ${WRONG}`]);
  assert.is((await again()).session.backend.name, 'simd');
  assert.equal(notices.slice(2), [`backend simd, 2 threads: ${WRONG}, tried before`]);
  assert.equal(compiled, ['webgpu']);
  webgpu.availability = { driver: '2' };
  delete webgpu.factor;
  const newer = await again();
  await newer.run(batchOf(3));
  assert.is(newer.session.backend.name, 'webgpu');
});

for (const [name, factor, why] of [
  ['gives NaN', () => Number.NaN, 'gives NaN or infinity in relu'],
  ['gives infinity', () => Number.POSITIVE_INFINITY, 'gives NaN or infinity in relu'],
  ['is wrong in the last image of a batch', (row, rows) => (row === rows - 1 ? 1.5 : 1), 'differs from simd by'],
] satisfies [string, Fake['factor'], string][]) {
  test(`a GPU that ${name} is not taken`, async () => {
    const { runner, notices } = await open({ webgpu: { factor }, simd: { availability: onCpu } }, { device: 'fake' });
    assert.equal(await runner.run(batchOf(40)), fakeOutputs(batchOf(40)));
    assert.is(runner.session.backend.name, 'simd');
    assert.match(notices[1]!, why);
  });
}

test('a GPU that is right and slower is not taken, nor compared', async () => {
  const webgpu: Fake = { takes: 20, factor: () => 1.03 };
  const { runner, notices } = await open({ webgpu, simd: { availability: onCpu } });
  await runner.run(batchOf(2));
  assert.is(runner.session.backend.name, 'simd');
  assert.is(notices.length, 1);
});

test('a GPU that dies of the first images: simd computes them', async () => {
  const { runner, notices } = await open({ webgpu: losing(0), simd: slow }, { device: 'fake' });
  assert.equal(await runner.run(batchOf(2)), fakeOutputs(batchOf(2)));
  assert.match(notices[1]!, /^backend simd, .*the driver died/);
});

test('a GPU that the user named is used, and what it does wrong is said', async () => {
  const { runner, notices } = await open({ webgpu: { factor: () => 1.03 }, simd: slow }, { backend: 'webgpu' });
  await runner.run(batchOf(2));
  await runner.run(batchOf(2));
  assert.is(runner.session.backend.name, 'webgpu');
  assert.equal(notices, [WRONG.replace(': not used', '')]);
  assert.ok(Math.abs(runner.difference!.error! - 0.03) < 1e-6);
});

test('a network that simd cannot compute: the GPU is not compared, saying so', async () => {
  const lacks: Fake = {
    availability: onCpu,
    onRun() {
      throw new EngineError('UNKNOWN_OPERATION', 'no kernel of simd computes sort');
    },
  };
  const { runner, notices } = await open({ webgpu: {}, simd: lacks }, { backend: 'webgpu' });
  assert.equal(await runner.run(batchOf(2)), fakeOutputs(batchOf(2)));
  assert.equal(notices, ['webgpu on fake 0 is not compared with simd: no kernel of simd computes sort']);
});

test('the one that steps in is not replaced again', async () => {
  const { runner } = await open({ onnxruntime: losing(200), simd: losing(200, { availability: onCpu }) });
  await refusal('DEVICE_LOST', async () => {
    for (let i = 0; i < 500; i++) await runner.run(batchOf(1));
  });
});

test('nothing is left to step in: the error of the engine that died', async () => {
  const { runner } = await open({ webgpu: losing(1) });
  await runner.run(batchOf(1));
  assert.is((await rejection(() => runner.run(batchOf(1)))).code, 'DEVICE_LOST');
});

test('an engine that was named is not replaced by another', async () => {
  const { runner, loaded, notices } = await open({ webgpu: losing(1), simd: {} }, { backend: 'webgpu' });
  await runner.run(batchOf(1));
  assert.is((await rejection(() => runner.run(batchOf(1)))).code, 'DEVICE_LOST');
  assert.equal(loaded, ['webgpu', 'simd'], 'simd to compare with');
  assert.equal(notices, []);
});

test('errors of a batch replace nothing', async () => {
  const fake: Fake = {
    onRun(rows) {
      if (rows === 2) throw new TypeError('a bug');
    },
    mostRows: () => 0,
  };
  const { runner } = await open({ onnxruntime: fake, simd: {} }, { backend: 'onnxruntime' });
  assert.is((await rejection(() => runner.run(batchOf(2)))).message, 'a bug');
  assert.is((await rejection(() => runner.run(batchOf(1)))).code, 'OUT_OF_MEMORY');
  assert.is(runner.session.backend.name, 'onnxruntime');
});

test('a named engine that is not there: which code, by what it says of itself', async () => {
  const cases: [Fake['availability'], string][] = [
    [{ ok: false, version: null }, 'BACKEND_NOT_INSTALLED'],
    [{ ok: false, version: '1', kind: 'gpu' }, 'ADAPTER_MISSING'],
    [{ ok: false, version: '1', kind: 'cpu' }, 'BACKEND_FAILED'],
  ];
  for (const [availability, code] of cases) {
    const fakes = { webgpu: { availability: { howToGet: 'npm install it', ...availability } } };
    const error = await refusal(code, () => open(fakes, { backend: 'webgpu' }));
    assert.is(error.hint, 'To get it: npm install it');
  }
  const precision = await refusal('PRECISION_UNSUPPORTED', () =>
    open({ simd: {} }, { backend: 'simd', precision: 'exact' }),
  );
  assert.is(precision.message, 'backend simd: computes in float32, not in exact');
});

for (const backend of ['simd', 'auto'] as const) {
  test(`${backend}: an operation that our kernels lack is an error, and nothing takes over`, async () => {
    const lacks: Fake = {
      availability: { kind: 'cpu' },
      onRun() {
        throw new EngineError('UNKNOWN_OPERATION', 'layer1.0:sort: no kernel of simd computes sort');
      },
    };
    const { runner } = await open({ simd: lacks }, { backend }, { installed: () => false });
    assert.is((await rejection(() => runner.run(batchOf(2)))).code, 'UNKNOWN_OPERATION');
    await runner.dispose();
  });
}

test('simd, where it cannot run, is an error that says why', async () => {
  const lacking: Fake = { availability: { ok: false, kind: 'cpu', version: 'V8 12', reason: 'no SharedArrayBuffer' } };
  const error = await refusal('BACKEND_FAILED', () => open({ simd: lacking }, { backend: 'simd' }));
  assert.is(error.message, 'backend simd: no SharedArrayBuffer');
  assert.match(error.hint!, 'image-drift doctor');
});

test('--latency on an engine whose threads share nothing: as without, said in one line', async () => {
  const { runner, notices } = await open({ simd: {} }, { backend: 'simd', latency: true });
  assert.equal(await runner.run(batchOf(2)), fakeOutputs(batchOf(2)));
  assert.equal(notices, ['simd: its threads cannot compute one batch together; one batch a thread']);
});
