import type { Worker } from 'node:worker_threads';
import { copiedWork, WorkerPool } from '../../engine/workers/worker-pool.js';
import { tinyModel } from '../support/fake-backend.js';
import { relativeError } from '../support/relative-error.js';
import { assert, refusal, rejection, test } from '../support/test.js';

const options = { taps: ['relu'], scores: false, mean: [0, 0, 0], std: [1, 1, 1], precision: 'float32' } as const;
const batch = { rows: 1, height: 1, width: 2, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
const inNchwOrder = Float32Array.of(0, 0.6, 0.2, 0.8, 0.4, 1);

test('gives batches to its workers, and the caller keeps his', async () => {
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 2);
  const all = await Promise.all(Array.from({ length: 7 }, () => pool.run(batch)));
  for (const { taps, scores } of all) {
    const { shape, data } = taps.get('relu')!;
    assert.equal(shape, [1, 3, 1, 2]);
    assert.ok(relativeError(data, inNchwOrder) < 1e-6);
    assert.is(scores, null);
  }
  assert.is(batch.data.length, 6);
  await pool.dispose();
});

test('a batch in a Node Buffer is copied too, not taken', async () => {
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 1);
  const data = Buffer.from(batch.data);
  await pool.run({ ...batch, data });
  assert.equal([...data], [...batch.data]);
  await pool.dispose();
});

test('a batch under which two workers die is an error; the next batch gets a new worker', async () => {
  const dying = new URL('../support/dying-worker.js', import.meta.url);
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 1, { script: dying });
  for (let i = 0; i < 2; i++) {
    const error = await refusal('WORKER_DIED', () => pool.run(batch));
    assert.match(error.message, /^two worker threads, one after the other, .*: it exited with 7$/);
  }
  await pool.dispose();
});

test('a worker whose files are not there, as in a bundle, is told apart from one without memory', async () => {
  const gone = new URL('../support/not-there.js', import.meta.url);
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 1, { script: gone });
  const error = await refusal('WORKER_DIED', () => pool.run(batch));
  assert.match(error.hint!, '--packages=external');
  await pool.dispose();
});

test('a batch under which one worker dies is run again on a new one', async () => {
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 1);
  let started = 0;
  const killFirst = (worker: Worker) => {
    if (++started === 1) worker.once('online', () => void worker.terminate());
  };
  process.on('worker', killFirst);
  const { taps } = await pool.run(batch);
  process.removeListener('worker', killFirst);
  assert.ok(relativeError(taps.get('relu')!.data, inNchwOrder) < 1e-6);
  assert.is(started, 2);
  await pool.dispose();
});

test('an error keeps its code on the way from the worker', async () => {
  const pool = new WorkerPool('simt', copiedWork(tinyModel, options), 1);
  const error = await refusal('BACKEND_UNKNOWN', () => pool.run(batch));
  assert.is(error.hint, 'Did you mean simd?');
  await pool.dispose();
});

test('disposing rejects what is under way, and what comes after', async () => {
  const pool = new WorkerPool('simd', copiedWork(tinyModel, options), 1);
  const running = rejection(() => pool.run(batch));
  const waiting = rejection(() => pool.run(batch));
  await pool.dispose();
  for (const error of [await running, await waiting, await rejection(() => pool.run(batch))]) {
    assert.is(error.code, 'EMBEDDER_CLOSED');
  }
});
