import { loadBackend } from '../../../engine/backends/registry.js';
import { KernelMemory } from '../../../engine/backends/simd/kernel-memory.js';
import { OwnThreadProgram, SimdProgram } from '../../../engine/backends/simd/program.js';
import { openKernels } from '../../../engine/backends/simd/trial/kernel-search.js';
import type { Backend, CompileOptions, ImageBatch, ProgramOutputs } from '../../../engine/contract/backend.js';
import { prepareModel } from '../../../engine/contract/prepared-model.js';
import { formulaModel, SELF_TEST_SIDE, SELF_TEST_TAP, scatteredBytes } from '../../../engine/contract/test-network.js';
import { Session } from '../../../engine/running/session.js';
import { pixels } from '../../support/pseudo-random.js';
import { pseudoWeights } from '../../support/pseudo-weights.js';
import { relativeError } from '../../support/relative-error.js';
import { amount, assert, cases, longTest, refusal, rejection, test } from '../../support/test.js';
import { tfjsOnCpu } from '../../support/tfjs-on-cpu.js';

const { model } = prepareModel(pseudoWeights({ backbone: 'resnet18', head: [16], classes: 4 }), {
  tap: ['layer1', 'layer4', 'fc.0'],
  scores: true,
});
const compile: CompileOptions = {
  taps: ['layer1.1.relu', 'layer4.1.relu', 'fc.0'],
  scores: true,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  precision: 'float32',
};
const simd = await loadBackend('simd');
/** Another program, for a few small images. */
const reference = await tfjsOnCpu.compile(model, compile);
/** For others: our own kernels, with room, one batch at a time, and without the algorithms that save multiplications. */
const exact = await simd.compile(model, { ...compile, precision: 'exact' });

function batchOf(rows: number, height = 32, width = 32): ImageBatch {
  return { rows, height, width, data: pixels(`batch ${rows} ${height} ${width}`, rows * height * width * 3) };
}

function open(backend: Backend, options: { threads: number; latency?: boolean; batch?: number }) {
  const notices: string[] = [];
  const availability = { ok: true, reason: '', device: 'cpu', kind: 'cpu' } as const;
  const notice = (text: string) => void notices.push(text);
  const session = new Session(model, { backend, availability, compile, batch: null, notice, ...options });
  return { session, notices };
}

function assertClose(actual: ProgramOutputs, expected: ProgramOutputs, what: string) {
  for (const [name, { shape, data }] of expected.taps) {
    assert.equal(actual.taps.get(name)!.shape, shape);
    const error = relativeError(actual.taps.get(name)!.data, data);
    assert.ok(error < 1e-5, `${what}, ${name}: ${error}`);
  }
  assert.ok(relativeError(actual.scores!, expected.scores!) < 1e-5, `${what}: scores`);
}

test('odd batches, on any number of threads, each on its own or all together: right, and the same to the bit', async () => {
  const sessions = [
    open(simd, { threads: 0 }),
    open(simd, { threads: 2 }),
    open(simd, { threads: 1, latency: true }),
    open(simd, { threads: 3, latency: true }),
  ].map(({ session }) => session);
  for (const rows of cases([1, 2, 3, 4, 5, 6, 7, 31], 4)) {
    const batch = batchOf(rows);
    const [first, ...others] = await Promise.all(sessions.map((session) => session.run(batch)));
    assertClose(first!, await (rows > 7 ? exact : reference).run(batch), `${rows} images`);
    for (const other of others) assert.equal(other, first, `${rows} images`);
  }
  await Promise.all(sessions.map((session) => session.dispose()));
});

longTest('one image of 1000×600, by one thread and by two together', async () => {
  const image = batchOf(1, 600, 1000);
  const alone = open(simd, { threads: 0 }).session;
  const together = open(simd, { threads: 2, latency: true }).session;
  const [one, two] = await Promise.all([alone.run(image), together.run(image)]);
  assertClose(one, await exact.run(image), '1000×600');
  assert.equal(two, one);
  await Promise.all([alone.dispose(), together.dispose()]);
});

test('every operation, against the definition of the self-test network', async () => {
  const network = formulaModel();
  const options = { ...compile, taps: [SELF_TEST_TAP] };
  const [ours, other] = [await simd.compile(network, options), await tfjsOnCpu.compile(network, options)];
  const data = scatteredBytes(9 * SELF_TEST_SIDE * SELF_TEST_SIDE * 3);
  const images = { rows: 9, height: SELF_TEST_SIDE, width: SELF_TEST_SIDE, data };
  assertClose(await ours.run(images), await other.run(images), 'formula');
  await ours.dispose();
});

test('many sizes one after another: memory is given back, results stay right', async () => {
  const { kernels } = await openKernels();
  const memory = new KernelMemory();
  const program = new OwnThreadProgram(new SimdProgram(model, compile, kernels!, memory));
  const first = await program.run(batchOf(5));
  const round = async () => {
    for (const width of [32, 33])
      for (let rows = 1; rows <= amount(24, 6); rows++) await program.run(batchOf(rows, 32, width));
    return memory.usedBytes;
  };
  const used = await round();
  await round();
  assert.is(await round(), used);
  assert.equal(await program.run(batchOf(5)), first);
  await program.dispose();
  assert.is(memory.usedBytes, 0);
});

/** The backend with a memory of so many MiB for each program. */
function withMemory(mebibytes: number): Backend {
  const layOut = async (...[graph, options]: Parameters<Backend['compile']>) => {
    const { kernels } = await openKernels();
    return new SimdProgram(graph, options, kernels!, new KernelMemory(mebibytes * 16));
  };
  return { ...simd, share: layOut, compile: async (...given) => new OwnThreadProgram(await layOut(...given)) };
}

for (const threads of [0, 2]) {
  longTest(
    `memory that cannot grow, ${threads} threads: a smaller batch, said once, or the number that would fit`,
    async () => {
      const room = open(withMemory(52), { threads, batch: 400 });
      const batch = batchOf(400);
      const outputs = await room.session.run(batch);
      assertClose(outputs, await exact.run(batch), 'halved');
      assert.equal(room.notices, ['400 images at once are too many for simd: 200 from now on']);
      const tight = open(withMemory(40), { threads, batch: 800 });
      const error = await refusal('OUT_OF_MEMORY', () => tight.session.run(batchOf(800)));
      assert.match(
        error.message,
        /^simd has too little memory for 800 and then 400 images of 32×32 at once; 100 would fit$/,
      );
      assert.equal((await tight.session.run(batchOf(100))).taps.get('fc.0')!.shape, [100, 16]);
      const none = open(withMemory(16), { threads });
      assert.match((await rejection(() => none.session.run(batchOf(4)))).message, /not even one fits$/);
      for (const { session } of [room, tight, none]) await session.dispose();
    },
  );
}

test('more threads than memory has room for: fewer compute at a time', async () => {
  const { session, notices } = open(withMemory(46), { threads: 4, batch: 64 });
  const batch = batchOf(64);
  const all = await Promise.all(Array.from({ length: 10 }, () => session.run(batch)));
  for (const outputs of all) assert.equal(outputs, all[0]);
  assert.equal(notices, []);
  await session.dispose();
});

test.after(async () => {
  await reference.dispose();
  await exact.dispose();
});
