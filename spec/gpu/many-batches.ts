/** Prints what batches leave (tensors, device memory, resident MiB): `many-batches.js BATCHES ROUNDS`. */
import tf = require('@tensorflow/tfjs-core');

import { collectGarbage } from '#platform';
import { loadBackend } from '../../engine/index.js';
import { batch, bound, options } from './small-network.js';

function held() {
  const { numTensors, numBytes, numBytesInGPU, numBytesAllocatedInGPU } = tf.memory() as tf.MemoryInfo & {
    numBytesInGPU: number;
    numBytesAllocatedInGPU: number;
  };
  collectGarbage();
  const residentMebibytes = process.memoryUsage().rss / 2 ** 20;
  return { counts: { numTensors, numBytes, numBytesInGPU, numBytesAllocatedInGPU }, residentMebibytes };
}

const [batches, rounds] = process.argv.slice(2).map(Number) as [number, number];
const program = await (await loadBackend('webgpu')).compile(bound, options);

/** Two at a time, of two sizes in turn. */
async function runBatches(count: number): Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < count; i++) {
    const next = program.run(batch(1 + (i % 2)));
    await before;
    before = next;
  }
  await before;
}

const heldAfter = [];
for (let round = 0; round < rounds; round++) {
  await runBatches(batches);
  heldAfter.push(held());
}
await program.dispose();
process.stdout.write(JSON.stringify(heldAfter));
