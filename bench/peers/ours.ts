/** image-drift as its users run it: an `Embedder` on one of its backends, a stream of batches through it. */
import { Embedder, type EngineName, type ImageBatch, loadBackend } from '../../engine/index.js';
import { packageVersion } from '../results.js';
import { imagesOf } from './inputs.js';
import { engineTask, serve } from './protocol.js';

const task = engineTask();
const embedder = await Embedder.load(task.weights, {
  backend: task.backend as EngineName,
  threads: task.threads,
  batch: task.rows,
  tap: task.tap,
  scores: false,
});

async function run(batch: ImageBatch, times: number): Promise<Float32Array> {
  let last = new Float32Array(0);
  for await (const { taps } of embedder.run(Array.from({ length: times }, () => batch))) {
    last = taps.get(task.tap)!.data as Float32Array<ArrayBuffer>;
  }
  return last;
}

/** Until V8 has compiled all that is busy: seconds, in which a fixed number of batches may be too few. */
const WARM_UP_SECONDS = 5;
const warm = performance.now() + WARM_UP_SECONDS * 1_000;
do await run(imagesOf(task), 2 * Math.max(1, task.threads));
while (performance.now() < warm);

const { version, device } = await (await loadBackend(task.backend)).availability();
const engine = version ?? (task.backend === 'wasm' ? packageVersion('@tensorflow/tfjs-backend-wasm') : (device ?? ''));
await serve({ version: engine, run }, imagesOf(task), task.output);
