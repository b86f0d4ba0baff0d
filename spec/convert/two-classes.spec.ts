import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { Embedder } from '../../engine/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const out = temporaryFolder();
const SIDE = 32;
const ROWS = 3;
const image = Uint8Array.from(pixels('two classes', ROWS * SIDE * SIDE * 3));

function stateDict(classes: number): string {
  const path = join(out, `${classes}.safetensors`);
  writeSafetensors(path, pseudoWeights({ backbone: 'resnet18', head: [], classes }).tensors);
  return path;
}

async function run(path: string, options: ConvertOptions) {
  const folder = join(out, 'weights');
  const { config } = await convertCheckpoint(path, folder, { size: [SIDE, SIDE], overwrite: true, ...options });
  const embedder = await Embedder.load(folder, { backend: 'simd' });
  const batches = async function* () {
    yield { rows: ROWS, height: SIDE, width: SIDE, data: image };
  };
  const scores: number[] = [];
  const values: number[] = [];
  for await (const batch of embedder.run(batches())) {
    scores.push(...(batch.scores ?? []));
    values.push(...batch.taps.get(config.tap)!.data);
  }
  await embedder.close();
  return { config, scores, values };
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

test('a state dict: the second of two named classes has the sigmoid of the output', async () => {
  const path = stateDict(1);
  const { values: logits } = await run(path, { tap: 'fc' });
  assert.is(logits.length, ROWS);
  const { config, scores, values } = await run(path, { classes: ['no', 'yes'] });
  assert.equal(config.classes, ['no', 'yes']);
  assert.match(config.provenance.assumed!.join('\n'), 'the one output is the logit of yes, the second of two classes');
  assert.is(values.length, 512 * ROWS, 'the embedding is what it is with more outputs');
  for (const [row, logit] of logits.entries()) {
    assert.ok(Math.abs(scores[2 * row + 1]! - sigmoid(logit)) < 1e-6, `row ${row}`);
    assert.ok(Math.abs(scores[2 * row]! - sigmoid(-logit)) < 1e-6, `row ${row}`);
  }
  assert.ok(new Set(scores).size > 2, 'images have different scores');
});

test('without names it is told that each image gets the only class; one name, or a name too many, is what it was', async () => {
  const { config } = await run(stateDict(1), {});
  assert.equal(config.classes, ['class_0']);
  assert.match(config.provenance.assumed!.join('\n'), 'its one output is the only class');
  const { config: named } = await run(stateDict(1), { classes: ['age'] });
  assert.not.match(named.provenance.assumed!.join('\n'), 'only class');
  await refusal('CLASSES_MISMATCH', () => run(stateDict(1), { classes: ['a', 'b', 'c'] }));
  await refusal('CLASSES_MISMATCH', () => run(stateDict(1), { classes: ['a', 'a'] }));
  await refusal('CLASSES_MISMATCH', () => run(stateDict(3), { classes: ['a', 'b'] }));
});
