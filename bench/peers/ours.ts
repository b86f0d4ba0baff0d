/** image-drift as its users run it: an `Embedder` on one of its backends, with a stream of batches. */
import { Embedder, type EngineName, type ImageBatch, loadBackend } from '../../engine/index.js';
import { imagesOf } from './inputs.js';
import { engineTask, type Outputs, serve } from './protocol.js';

const task = engineTask();
const layers = task.layers ?? [];
const backend = await loadBackend(task.backend);
const embedder = await Embedder.load(task.weights, {
  backend: task.backend as EngineName,
  // With one thread, the calling thread computes, so no second thread shares its core.
  threads: task.threads === 1 && backend.parallelism === 'workers' ? 0 : task.threads,
  batch: task.rows,
  tap: [task.tap, ...layers],
  precision: task.precision,
  device: task.device,
  onNotice: (text) => console.error(text),
});

async function run(batch: ImageBatch, times: number): Promise<Outputs> {
  let last: Outputs | null = null;
  for await (const { taps, scores } of embedder.run(Array.from({ length: times }, () => batch))) {
    const dataOf = (name: string) => taps.get(name)!.data;
    last = {
      embeddings: dataOf(task.tap),
      scores: scores!,
      layers: new Map(layers.map((name) => [name, dataOf(name)])),
    };
  }
  if (embedder.backend !== task.backend) throw new Error(`it fell back to ${embedder.backend}`);
  return last!;
}

const { version, device, kind, driver = null } = await backend.availability({ device: task.device });
await serve({ version: version ?? device ?? '', device, kind, driver, run }, imagesOf(task), task);
