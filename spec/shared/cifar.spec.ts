import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { predictedOf } from '../../drift/index.js';
import { Embedder } from '../../engine/index.js';
import { readWholeArray } from '../support/npz-file.js';
import { relativeError } from '../support/relative-error.js';
import { assert, suite, temporaryFolder, withSharedData } from '../support/test.js';

const TOLERANCE = 1e-5;
const TAP = 'fc.0';
const CLASSES = 10;

/** Correct predictions of 5,000: 83.32, 77.16, 52.42 and 44.96 %. */
const CORRECT = { reference: 4166, production_1: 3858, production_2: 2621, production_3: 2248 };

withSharedData('CIFAR-10 against PyTorch', (shared) => {
  const tranches = suite<{ embedder: Embedder }>('CIFAR-10 tranches');

  tranches.before(async (context) => {
    const weights = join(temporaryFolder(), 'weights');
    const checkpoint = join(shared, 'resnet18_cifar10_epoch5.pth');
    await convertCheckpoint(checkpoint, weights, { size: [32, 32], mean: [0.5], std: [0.5] });
    context.embedder = await Embedder.load(weights, { tap: TAP });
  });
  tranches.after(({ embedder }) => embedder.close());

  for (const [name, expectedCorrect] of Object.entries(CORRECT)) {
    tranches(name, async ({ embedder }) => {
      const path = join(shared, 'cifar', name, 'image_data.npz');
      const { shape, values } = await readWholeArray(path, 'arr_0');
      const labels = (await readWholeArray(path, 'arr_1')).values;
      const [rows = 0, height = 0, width = 0] = shape;
      for await (const result of embedder.run([{ rows, height, width, data: values as Uint8Array }])) {
        const golden = join(shared, 'golden', `${name}.npz`);
        const embeddings = relativeError(
          result.taps.get(TAP)!.data,
          (await readWholeArray(golden, 'embeddings')).values,
        );
        const scores = relativeError(result.scores!, (await readWholeArray(golden, 'scores')).values);
        console.log(`${name}: embeddings ${embeddings.toExponential(1)}, scores ${scores.toExponential(1)}`);
        assert.ok(embeddings <= TOLERANCE);
        assert.ok(scores <= TOLERANCE);
        assert.is(countCorrect(result.scores!, labels), expectedCorrect);
      }
    });
  }
});

function countCorrect(data: Float32Array, labels: ArrayLike<number>): number {
  const scores = { rows: labels.length, columns: CLASSES, data };
  return Array.from(labels, (label, row) => predictedOf(scores, row) === Number(label)).filter(Boolean).length;
}
