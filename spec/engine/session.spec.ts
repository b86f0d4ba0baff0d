import { codeMemoryError } from '../../engine/contract/engine-error.js';
import type { ImageBatch } from '../../engine/index.js';
import { batchLimits, defaultBatchSize } from '../../engine/running/batch-size.js';
import { Session } from '../../engine/running/session.js';
import type { GraphNode } from '../../graph/index.js';
import { available, FAKE_TAP, type Fake, fakeBackend, fakeOutputs, tinyModel } from '../support/fake-backend.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, longTest, refusal, rejection, test } from '../support/test.js';

const SIDE = 4;
const COMPILE = { taps: [FAKE_TAP], scores: true, mean: [0, 0, 0], std: [1, 1, 1] };

function batchOf(rows: number, side = SIDE): ImageBatch {
  return { rows, height: side, width: side, data: pixels(`batch of ${rows}`, rows * side * side * 3) };
}

function open(fake: Fake, options: { batch?: number } = {}) {
  const notices: string[] = [];
  const seen: number[] = [];
  const session = new Session(tinyModel, {
    backend: fakeBackend({
      ...fake,
      onRun(rows, compile) {
        seen.push(rows);
        fake.onRun?.(rows, compile);
      },
    }),
    availability: available(fake.availability),
    compile: { ...COMPILE, precision: 'float32' },
    threads: 1,
    batch: options.batch ?? null,
    notice: (text) => notices.push(text),
  });
  return { session, notices, seen };
}

test('a batch that does not fit is halved once, said once, and the next ones are small from the start', async () => {
  const { session, notices, seen } = open({ mostRows: () => 5 }, { batch: 9 });
  assert.is(session.batchSize({ height: SIDE, width: SIDE }), 9);
  for (const rows of [9, 9, 3]) assert.equal(await session.run(batchOf(rows)), fakeOutputs(batchOf(rows)));
  assert.equal(seen, [9, 5, 4, 5, 4, 3]);
  assert.equal(notices, ['9 images at once are too many for fake: 5 from now on']);
  assert.is(session.batchSize({ height: SIDE, width: SIDE }), 5);
  assert.is(session.batchSize({ height: SIDE, width: SIDE + 1 }), 9);
});

test('several batches that do not fit at the same time', async () => {
  const { session, notices } = open({ mostRows: () => 4, takes: 1 });
  const batches = [8, 7, 8, 2].map((rows) => batchOf(rows));
  assert.equal(
    await Promise.all(batches.map((batch) => session.run(batch))),
    batches.map((batch) => fakeOutputs(batch)),
  );
  assert.is(notices.length, 1);
});

test('half of it does not fit either: the number that would, found by trying', async () => {
  const { session, seen } = open({ mostRows: () => 3 });
  const error = await refusal('OUT_OF_MEMORY', () => session.run(batchOf(16)));
  assert.is(error.message, 'fake has too little memory for 16 and then 8 images of 4×4 at once; 2 would fit');
  assert.is(error.hint, 'Take --batch 2.');
  assert.equal(seen, [16, 8, 4, 2]);
});

test('not even one image fits', async () => {
  for (const rows of [1, 2, 4]) {
    const error = await refusal('OUT_OF_MEMORY', () => open({ mostRows: () => 0 }).session.run(batchOf(rows)));
    assert.match(error.message, /; not even one fits$/);
  }
});

test('memory that shrinks after the halving is an error with the number, not a second halving', async () => {
  let most = 8;
  const { session, seen } = open({ mostRows: () => most });
  await session.run(batchOf(16));
  most = 5;
  await refusal('OUT_OF_MEMORY', () => session.run(batchOf(16)), /for 8 images of 4×4 at once; 4 would fit$/);
  assert.equal(seen, [16, 8, 8, 8, 4]);
});

test('an error of another kind while the halves run is thrown as it is', async () => {
  const fake: Fake = {
    mostRows: () => 4,
    onRun: (rows) => {
      if (rows === 4) throw new TypeError('a bug');
    },
  };
  assert.is((await rejection(() => open(fake).session.run(batchOf(8)))).message, 'a bug');
});

test('a last partial batch is not compiled for, where that would have to be done', async () => {
  const { session, seen } = open({ compilesPerBatchSize: true });
  for (const rows of [8, 8, 3, 1, 8]) assert.equal(await session.run(batchOf(rows)), fakeOutputs(batchOf(rows)));
  assert.equal(seen, [8, 8, 8, 8, 8]);
  await session.run(batchOf(2, SIDE + 1));
  assert.equal(seen.slice(5), [2], 'another image size is compiled for anyway');
});

test('where nothing is compiled, a partial batch is computed as it is', async () => {
  const { session, seen } = open({});
  for (const rows of [8, 3]) await session.run(batchOf(rows));
  assert.equal(seen, [8, 3]);
});

test('filling up goes by what fits', async () => {
  const { session, seen } = open({ compilesPerBatchSize: true, mostRows: () => 4 });
  for (const rows of [8, 3]) assert.equal(await session.run(batchOf(rows)), fakeOutputs(batchOf(rows)));
  assert.equal(seen, [8, 4, 4, 4]);
});

longTest('a batch beyond what an engine is ever given is computed in parts', async () => {
  // 2 GiB between two layers of this network; a software GPU is given half of that.
  const side = 2048;
  const images = { rows: 30, height: side, width: side, data: new Uint8Array(30 * side * side * 3) };
  const { session, seen } = open({ availability: { kind: 'software-gpu' } });
  const { taps } = await session.run(images);
  assert.equal(taps.get(FAKE_TAP)!.shape, [30, 1]);
  assert.equal(seen, [10, 10, 10]);
  await refusal('BATCH_TOO_LARGE', async () => open({}, { batch: 60_000 }).session.batchSize(images));
});

test('what means too little memory, by whom it is said', () => {
  const code = 'ERR_WORKER_OUT_OF_MEMORY';
  const errors = [
    Object.assign(new Error('Worker terminated due to reaching memory limit'), { code }),
    new RangeError('Array buffer allocation failed'),
    new RangeError('WebAssembly.Memory(): could not allocate memory: out of memory'),
    new Error('std::bad_alloc'),
  ];
  for (const error of errors) assert.is((codeMemoryError(error) as { code?: string }).code, 'OUT_OF_MEMORY');
  const other = new Error('no such kernel');
  assert.is(codeMemoryError(other), other);
});

test('free memory bounds the batch, shared by all threads', () => {
  const { graph } = tinyModel;
  // In and out of the ReLU, float32: 24 bytes a pixel.
  const image = { height: 512, width: 512 };
  const mebibytes = (n: number) => n * 2 ** 20;
  const sizeOf = (free: number, threads: number) =>
    defaultBatchSize(graph, image, batchLimits({ parallelism: 'workers' }, 'cpu', threads, free));
  assert.is(sizeOf(mebibytes(100_000), 1), 6);
  assert.is(sizeOf(mebibytes(100_000), 64), 2);
  assert.is(sizeOf(mebibytes(400), 2), 6);
  assert.is(sizeOf(mebibytes(200), 4), 2);
  assert.is(sizeOf(mebibytes(200), 8), 1);
  assert.is(sizeOf(0, 1), 1);
  const gpu = batchLimits({ parallelism: 'own' }, 'gpu', 1, 0);
  assert.is(defaultBatchSize(graph, image, gpu), 32, 'a GPU has memory of its own');
});

test('the scores of attention count, which are larger than what goes in and comes out', () => {
  const [tokens, channels] = [1024, 3];
  const nodes: GraphNode[] = [
    { name: ':input', inputs: [], op: 'input' },
    { name: 'rows', inputs: [':input'], op: 'reshape', attrs: { shape: [channels, tokens] } },
    { name: 'tokens', inputs: ['rows'], op: 'permute', attrs: { axes: [2, 1] } },
    { name: 'attention', inputs: ['tokens', 'tokens', 'tokens'], op: 'attention', attrs: {} },
  ];
  const graph = { nodes, output: 'attention', modules: new Map() };
  const limits = batchLimits({ parallelism: 'workers' }, 'cpu', 1, 2 ** 40);
  // Three times the scores, 4 MiB each, and some KiB. Without them, 96 images would fit into 64 MiB.
  assert.is(defaultBatchSize(graph, { height: 32, width: 32 }, limits), 6);
});
