/** Networks of which several labels may hold: how that is said, their thresholds, and their scores. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint, convertToOnnx } from '../../convert/index.js';
import { Embedder } from '../../engine/index.js';
import { readWeights } from '../../weights/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const out = temporaryFolder();
const SIDE = 32;
const ROWS = 3;
const LABELS = ['mass', 'a, b', 'say "x"'];
const image = Uint8Array.from(pixels('several labels', ROWS * SIDE * SIDE * 3));
const path = join(out, 'tagger.safetensors');
writeSafetensors(path, pseudoWeights({ backbone: 'resnet18', head: [], classes: LABELS.length }).tensors);
const usual = { size: [SIDE, SIDE], mean: [0.5], std: [0.5] } satisfies ConvertOptions;
const TAGGER = { ...usual, classes: LABELS, multiLabel: true } satisfies ConvertOptions;

function convert(options: ConvertOptions, from = path) {
  return convertCheckpoint(from, join(out, 'weights'), { overwrite: true, ...options });
}

async function outputs() {
  const embedder = await Embedder.load(join(out, 'weights'), { backend: 'simd' });
  const batch = { rows: ROWS, height: SIDE, width: SIDE, data: image };
  const results = [];
  for await (const result of embedder.run([batch, { ...batch, rows: 0, data: new Uint8Array(0) }]))
    results.push(result);
  const [found, empty] = results;
  await embedder.close();
  assert.is(empty!.scores!.length, 0);
  assert.equal([...found!.taps.keys()], [embedder.config.tap], 'the logits are no tap');
  return { scores: found!.scores!, embedding: found!.taps.get(embedder.config.tap)!.data };
}

test('a state dict: each score is the sigmoid of its logit, and model.json says so', async () => {
  await convert({ ...usual, classes: LABELS, tap: 'fc' });
  const { embedding: logits, scores: softmax } = await outputs();
  const { config } = await convert(TAGGER);
  assert.equal(config.multiLabel, { thresholds: [0.5, 0.5, 0.5] });
  assert.equal((await readWeights(join(out, 'weights'))).config, config);
  const { scores } = await outputs();
  for (const [i, logit] of logits.entries()) assert.ok(Math.abs(scores[i]! - 1 / (1 + Math.exp(-logit))) < 1e-6);
  assert.ok(scores.some((score, i) => Math.abs(score - softmax[i]!) > 0.1));
});

test('one output may be a single label', async () => {
  const one = join(out, 'one.safetensors');
  writeSafetensors(one, pseudoWeights({ backbone: 'resnet18', head: [], classes: 1 }).tensors);
  const { config } = await convert({ ...usual, classes: ['mass'], multiLabel: true }, one);
  assert.equal([config.classes, config.multiLabel], [['mass'], { thresholds: [0.5] }]);
  assert.is((await outputs()).scores.length, ROWS);
});

test('as ONNX and back: the same labels, thresholds and scores', async () => {
  const csv = thresholds('"a, b",0.25\nmass,0.4\n"say ""x""",0.75\n');
  await convert({ ...TAGGER, thresholds: csv });
  const before = await outputs();
  const onnx = join(out, 'tagger.onnx');
  await convertToOnnx(path, onnx, { ...TAGGER, thresholds: csv });
  const { config } = await convert({}, onnx);
  assert.equal([config.classes, config.multiLabel], [LABELS, { thresholds: [0.4, 0.25, 0.75] }]);
  const after = await outputs();
  for (const [i, score] of after.scores.entries()) assert.ok(Math.abs(score - before.scores[i]!) < 1e-6);
});

let files = 0;

function thresholds(lines: string, header = 'label,threshold'): string {
  const file = join(out, `thresholds_${files++}.csv`);
  writeFileSync(file, `${header}\n${lines}`);
  return file;
}

test('a wrong csv of thresholds is refused with its file, line and both values', async () => {
  const wrong: [lines: string, says: string, header?: string][] = [
    ['mass,0.5\nmas,0.5\n', ' line 3: "mas" is none of the 3 labels'],
    ['mass,0.5\nmass,0.6\n', ' line 3: "mass" has 0.6 here, and 0.5 in line 2'],
    ['mass,1\n', ' line 2: the threshold of "mass" is "1", a number between 0 and 1 is needed'],
    ['mass,0\n', ' line 2: the threshold of "mass" is "0", a number between 0 and 1 is needed'],
    ['mass,\n', ' line 2: the threshold of "mass" is "", a number between 0 and 1 is needed'],
    ['mass,nan\n', ' line 2: the threshold of "mass" is "nan"'],
    ['mass\n', ' line 2: is "mass", a label and a threshold are needed'],
    ['mass,0.5\n', ' line 3: ends after 1 of 3 labels, without "a, b" and 1 others'],
    ['mass,0.5\n', ' line 1: the header is "label;threshold", label,threshold is needed', 'label;threshold'],
  ];
  for (const [lines, says, header] of wrong) {
    const file = thresholds(lines, header);
    const { message } = await refusal('THRESHOLDS_INVALID', () => convert({ ...TAGGER, thresholds: file }));
    assert.match(message, file + says);
  }
  await refusal('FILE_NOT_FOUND', () => convert({ ...TAGGER, thresholds: join(out, 'none.csv') }));
});

test('thresholds of a softmax, and labels of a network without scores, are refused', async () => {
  const csv = thresholds('mass,0.5\n"a, b",0.5\n"say ""x""",0.5\n');
  const one = await refusal('MULTI_LABEL', () => convert({ ...usual, classes: LABELS, thresholds: csv }));
  assert.match(
    one.message,
    `--thresholds ${csv} is about labels of which several may hold, and its scores are of classes`,
  );
  const headless = await refusal('MULTI_LABEL', () => convert({ ...usual, head: 'none', multiLabel: true }));
  assert.match(headless.message, '--multi-label is about labels of which several may hold, and it has no scores');
});

test('a folder of transformers that was trained on several labels says so', async () => {
  const folder = join(out, 'hub');
  mkdirSync(folder);
  writeSafetensors(
    join(folder, 'model.safetensors'),
    pseudoWeights({ backbone: 'resnet18', head: [], classes: 3 }).tensors,
  );
  const config = { architecture: 'resnet18', problem_type: 'multi_label_classification' };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  assert.equal((await convert(usual, folder)).config.multiLabel, { thresholds: [0.5, 0.5, 0.5] });
  assert.is((await convert({ ...usual, head: 'none' }, folder)).config.multiLabel, undefined);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, problem_type: null }));
  assert.is((await convert(usual, folder)).config.multiLabel, undefined);
});
