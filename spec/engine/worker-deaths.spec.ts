/**
 * Worker threads are killed at random moments: results are right to the bit, or there is an error with a code.
 * @long: many runs, each with a death
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { pixels, uniform } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { amount, assert, collect, test } from '../support/test.js';

const RUNS = amount(50, 10);
const BATCHES = 12;
const ROWS = 8;
const SIDE = 32;
/** Kills happen within this time, ms: about as long as a run takes. */
const SPAN = 200;

const batches: ImageBatch[] = Array.from({ length: BATCHES }, (_, i) => {
  return { rows: ROWS, height: SIDE, width: SIDE, data: pixels(`batch ${i}`, ROWS * SIDE * SIDE * 3) };
});

/** Node reports every thread that starts. Ended threads are removed. */
const alive = new Set<Worker>();
process.on('worker', (worker: Worker) => {
  alive.add(worker);
  worker.once('exit', () => alive.delete(worker));
});

/**
 * `terminate` keeps the process awake only until the receiver of the thread's last answer lets go of it. Then Node
 * would end in the middle of a spec, so the spec waits for the threads that it ended.
 */
async function end(worker: Worker): Promise<void> {
  const awake = setInterval(() => {}, 1000);
  await worker.terminate();
  clearInterval(awake);
}

/** Kills one to four threads at moments drawn from the seed. Returns their number. */
async function killSome(seed: number): Promise<number> {
  const [howMany, ...moments] = uniform(`kills ${seed}`, 9, 0, 1);
  const kills = 1 + Math.floor(howMany! * 4);
  let killed = 0;
  await Promise.all(
    Array.from({ length: kills }, async (_, i) => {
      await sleep(SPAN * moments[2 * i]!);
      const victims = [...alive];
      const victim = victims[Math.floor(moments[2 * i + 1]! * victims.length)];
      if (victim === undefined) return;
      killed++;
      await end(victim);
    }),
  );
  return killed;
}

for (const latency of [false, true]) {
  const count = (latency ? 5 : 10) * BATCHES;
  const mode = latency ? 'all threads on one batch' : 'a batch a thread';
  test(`${mode}: ${RUNS} runs with workers killed under them`, async () => {
    const weights = pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 4 });
    const options = { backend: 'simd', latency, tap: 'features.4', scores: false, threads: 2, batch: ROWS } as const;
    const embedder = await Embedder.create(weights, options);
    const images = Array.from({ length: count }, (_, i) => batches[i % BATCHES]!);
    const expected = await collect(embedder.run(images));
    const ended = { right: 0, coded: 0, killed: 0 };
    for (let seed = 0; seed < RUNS; seed++) {
      const killing = killSome(seed);
      try {
        const results = await collect(embedder.run(images));
        assert.is(results.length, count);
        for (const [i, { taps }] of results.entries()) {
          assert.equal(taps, expected[i]!.taps, `seed ${seed}, batch ${i}`);
        }
        ended.right++;
      } catch (error) {
        if ((error as { code?: string }).code !== 'WORKER_DIED') throw error;
        assert.match((error as Error).message, /^images \d+ to \d+: two worker threads/);
        ended.coded++;
      }
      ended.killed += await killing;
    }
    await embedder.close();
    assert.is(ended.right + ended.coded, RUNS);
    assert.ok(ended.killed >= RUNS, `${ended.killed} workers were killed`);
    // On a busy machine threads start slowly, and two kills meet the same batch more often.
    assert.ok(ended.right >= RUNS / 4, `${ended.right} runs ended right`);
    console.log(`${RUNS} runs, ${ended.killed} workers killed: ${ended.right} right, ${ended.coded} with WORKER_DIED`);
  });
}
