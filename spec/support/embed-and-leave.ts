/** Embeds, and neither closes the embedder nor prints; arguments: backend, threads, number of results to consume. */
import { Embedder, type EngineName } from '../../engine/index.js';
import { pixels } from './pseudo-random.js';
import { pseudoWeights } from './pseudo-weights.js';

const [backend, threads, count] = process.argv.slice(2);
const embedder = await Embedder.create(pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 2 }), {
  backend: backend as EngineName,
  threads: Number(threads),
});

function* images() {
  while (true) yield { rows: 1, height: 32, width: 32, data: pixels('image', 32 * 32 * 3) };
}

let consumed = 0;
for await (const _ of embedder.run(images())) {
  if (++consumed === Number(count)) break;
}
const listeners = process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
process.exitCode = listeners === 0 ? 0 : 3;
