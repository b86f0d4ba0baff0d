import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { takeMemory } from '../../engine/backends/simd/kernel-memory.js';
import { EarlyStart } from '../../engine/choice/early-start.js';
import { Embedder } from '../../engine/index.js';
import { checkOptions } from '../../engine/options/index.js';
import { copiedWork, ReadyWorkers, WorkerPool } from '../../engine/workers/worker-pool.js';
import { weightsFolder } from '../../weights/index.js';
import { tinyModel } from '../support/fake-backend.js';
import { relativeError } from '../support/relative-error.js';
import { assert, refusal, test } from '../support/test.js';

const options = { taps: ['relu'], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' } as const;
const batch = { rows: 1, height: 1, width: 1, data: Uint8Array.of(0, 51, 255) };

async function startedBy(work: () => Promise<void>): Promise<Worker[]> {
  const started: Worker[] = [];
  const note = (worker: Worker) => void started.push(worker);
  process.on('worker', note);
  await work();
  process.removeListener('worker', note);
  return started;
}

/** `threadId` of a worker that has ended is -1. */
function living(workers: readonly Worker[]): number {
  return workers.filter(({ threadId }) => threadId !== -1).length;
}

test('a pool takes the threads that are ready before it starts others', async () => {
  const workers = await startedBy(async () => {
    const ready = new ReadyWorkers('simd', 1);
    const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 2, { ready });
    const all = await Promise.all([pool.run(batch), pool.run(batch), pool.run(batch)]);
    const expected = [0, 0.2, 1];
    for (const { taps } of all) assert.ok(relativeError(taps.get('relu')!.data, expected) < 1e-6);
    await pool.dispose();
    await ready.dispose();
  });
  assert.is(workers.length, 2);
  assert.is(living(workers), 0);
});

test('a thread that died before it was needed is not given away', async () => {
  const ready: ReadyWorkers[] = [];
  const workers = await startedBy(async () => {
    ready.push(new ReadyWorkers('simd', 1));
    await setImmediate();
  });
  await workers[0]!.terminate();
  await setImmediate();
  assert.is(ready[0]!.take(), null);
});

test('an embedder that is closed unused, or cannot be loaded, leaves no threads', async () => {
  const workers = await startedBy(async () => {
    const options = { backend: 'simd', threads: 2 } as const;
    const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), options);
    await embedder.close();
    await refusal('WEIGHTS_NOT_FOUND', () => Embedder.load('/nowhere', options));
  });
  assert.is(workers.length, 4);
  assert.is(living(workers), 0);
});

for (const [chosen, isKept] of [
  ['simd', true],
  ['webgpu', false],
] as const) {
  test(`memory that was made for the weights is ${isKept ? 'kept' : 'given up'} if ${chosen} is chosen`, async () => {
    const bytes = 20 * 2 ** 20;
    const early = new EarlyStart(checkOptions({ backend: 'simd', threads: 0 }), 1);
    early.expectWeights(bytes);
    await early.keepFor(chosen);
    assert.is((await takeMemory()).buffer.byteLength >= bytes, isKept);
    await early.dispose();
  });
}
