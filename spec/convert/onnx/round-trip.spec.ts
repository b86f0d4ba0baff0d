/** Files of our own writer read back: the same network, preprocessing, classes and numbers. */
import { join } from 'node:path';
import { convertCheckpoint, prepareOnnx, writeOnnx } from '../../../convert/index.js';
import { Embedder } from '../../../engine/index.js';
import { readWeights, weightsFolder } from '../../../weights/index.js';
import { assert, temporaryFolder, test } from '../../support/test.js';

const BUNDLED = weightsFolder('fashion-mnist-resnet18');

test('the bundled weights as ONNX and back: the same embeddings and scores, bit by bit', async () => {
  const folder = temporaryFolder();
  const before = await readWeights(BUNDLED);
  await writeOnnx(join(folder, 'model.onnx'), await prepareOnnx(before.config, before.tensors));
  const { config, format } = await convertCheckpoint(join(folder, 'model.onnx'), join(folder, 'weights'));
  assert.is(format, 'onnx');
  assert.equal(config.preprocessing, before.config.preprocessing);
  assert.equal(config.classes, before.config.classes);
  assert.is(config.tap, 'fc.0');
  assert.equal(await embedded(join(folder, 'weights')), await embedded(BUNDLED));
});

async function embedded(weights: string): Promise<Record<string, number[]>> {
  const embedder = await Embedder.load(weights, { backend: 'simd', threads: 1, tap: 'fc.0' });
  try {
    const data = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => (i * 7919) % 256);
    for await (const { taps, scores } of embedder.run([{ rows: 4, height: 32, width: 32, data }])) {
      return { tap: [...taps.get('fc.0')!.data], scores: [...scores!] };
    }
    return {};
  } finally {
    await embedder.close();
  }
}
