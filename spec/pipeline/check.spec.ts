/** A list of wrong conversions: each is refused, and the error names the step that differs. */
import { existsSync } from 'node:fs';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { conversionCheck } from '../../pipeline/check/index.js';
import { scoresRelation } from '../../pipeline/check/output-relations.js';
import type { CheckArrays } from '../support/check-npz.js';
import { changed, checkpoint, newPath, program, RIGHT, right, rows, saved, values } from '../support/check-program.js';
import { assert, refusal, test } from '../support/test.js';

/** What is wrong, in the conversion or in the file, and what the error says with inputs in the file. */
interface Wrong {
  what: string;
  options?: ConvertOptions;
  tensors?: (name: string, data: Float32Array) => void;
  arrays?: () => Promise<Record<string, CheckArrays[string] | null>> | Record<string, CheckArrays[string] | null>;
  step: string;
  says?: string;
}

const embeddingsOf = (tap: string) => async () => ({ embeddings: (await program(tap))['embeddings']! });

/** Fixed before the search for the step was written. */
const WRONG: Wrong[] = [
  { what: 'mean', options: { mean: [0.5] }, step: 'normalisation', says: '--mean 0.5,0.4,0.3' },
  { what: 'std', options: { std: [0.5] }, step: 'normalisation', says: '--std 0.2,0.25,0.3' },
  { what: 'mean and std 0.5', options: { mean: [0.5], std: [0.5] }, step: 'normalisation' },
  { what: 'mean in the order of blue', options: { mean: [0.3, 0.4, 0.5] }, step: 'normalisation' },
  { what: 'pixels from 0 to 1', options: { mean: [0], std: [1] }, step: 'normalisation' },
  { what: "ImageNet's", options: { mean: undefined, std: undefined }, step: 'normalisation' },
  { what: 'pixels from 0 to 255', options: { mean: [0], std: [1 / 255] }, step: 'normalisation' },
  { what: 'blue first', options: { channelOrder: 'bgr' }, step: 'channel order' },
  { what: 'blue first, and mean', options: { channelOrder: 'bgr', mean: [0.5] }, step: 'normalisation' },
  { what: 'no margin before the crop', options: { resize: 32 }, step: 'resize', says: '--resize 40' },
  { what: 'a smaller margin', options: { resize: 36 }, step: 'resize', says: '--resize 40' },
  { what: 'aspect ratio not kept', options: { resize: [32, 32] }, step: 'resize', says: '--resize 40' },
  { what: 'a border', options: { resize: 32, mode: 'longest' }, step: 'resize', says: '--resize 40' },
  { what: 'bicubic', options: { interpolation: 'bicubic' }, step: 'resize', says: '--interpolation bilinear' },
  { what: 'nearest', options: { interpolation: 'nearest' }, step: 'resize', says: '--interpolation bilinear' },
  { what: 'lanczos', options: { interpolation: 'lanczos' }, step: 'resize', says: '--interpolation bilinear' },
  { what: 'box', options: { interpolation: 'box' }, step: 'resize', says: '--interpolation bilinear' },
  { what: "an older Pillow's passes", options: { pillow: 12 }, step: 'resize' },
  { what: 'half a pixel of the crop', options: { cropRounding: 'down' }, step: 'resize' },
  { what: 'another size', options: { size: [64, 64], resize: 80 }, step: 'resize', says: '--size 32 --resize 40' },
  { what: 'bicubic, and mean', options: { interpolation: 'bicubic', mean: [0.5] }, step: 'resize', says: '--mean' },
  {
    what: 'the layer before, in the conversion',
    options: { tap: 'avgpool' },
    step: 'network, embedding',
    says: '--tap fc.0',
  },
  {
    what: 'the layer before, in the file',
    arrays: embeddingsOf('avgpool'),
    step: 'network, embedding',
    says: '--tap avgpool',
  },
  { what: 'a map', arrays: embeddingsOf('layer2'), step: 'network, embedding', says: '--tap layer2' },
  {
    what: 'after a ReLU',
    arrays: () => ({ embeddings: rows('embeddings', (row) => row.map((value) => Math.max(0, value))) }),
    step: 'network, embedding',
    says: 'ReLU',
  },
  {
    what: 'divided by its length',
    arrays: () => ({ embeddings: rows('embeddings', (row) => row.map((value) => value / Math.hypot(...row))) }),
    step: 'network, embedding',
    says: 'divided by their length',
  },
  {
    what: 'rows in another order',
    arrays: () => {
      const columns = saved['embeddings']![1][1]!;
      const all = values('embeddings');
      return {
        embeddings: rows('embeddings', (_, i) =>
          all.subarray(((i + 3) % 10) * columns, (((i + 3) % 10) + 1) * columns),
        ),
      };
    },
    step: 'network, embedding',
    says: 'row 0 is of image_3',
  },
  {
    what: 'activation of the head',
    options: { headActivation: 'gelu' },
    step: 'network, scores',
    says: '--head-activation',
  },
  { what: 'stem', options: { stem: 'imagenet' }, step: 'network', says: 'inputs agree' },
  {
    what: 'another epoch',
    tensors: (name, data) => {
      if (name === 'layer2.0.conv2.weight') data.set(data.map((value, i) => value * (1 + 0.1 * Math.sin(i))));
    },
    step: 'network',
    says: 'inputs agree',
  },
  {
    what: 'statistics of a batch instead of running ones',
    tensors: (name, data) => name.endsWith('running_mean') && data.fill(0),
    step: 'network',
    says: 'inputs agree',
  },
  {
    what: 'the head of another checkpoint',
    tensors: (name, data) => name === 'fc.2.weight' && data.reverse(),
    step: 'network, scores',
  },
  {
    what: 'classes in another order',
    arrays: () => ({ scores: rows('scores', (row) => row.toReversed()) }),
    step: 'network, scores',
    says: 'another order of classes',
  },
  {
    what: 'logits',
    arrays: () => ({ scores: rows('scores', (row) => row.map((value) => Math.log(value) + 3)) }),
    step: 'network, scores',
    says: 'logits',
  },
  {
    what: 'logarithms',
    arrays: () => ({ scores: rows('scores', (row) => row.map((value) => Math.log(value))) }),
    step: 'network, scores',
    says: 'logarithms',
  },
  {
    what: 'a class less',
    arrays: () => ({ scores: rows('scores', (row) => row.subarray(1)) }),
    step: 'network, scores',
    says: '4 columns',
  },
];

async function failureOf({ options = {}, tensors, arrays }: Wrong, more: Record<string, null>) {
  const path = changed({ ...(await arrays?.()), ...more });
  const out = newPath('wrong');
  const from = tensors === undefined ? right : checkpoint(tensors);
  const error = await refusal('CHECK_FAILED', () => {
    return convertCheckpoint(from, out, { ...RIGHT, ...options, check: conversionCheck(path) });
  });
  assert.not.ok(existsSync(out));
  return { message: error.message, told: `${error.message}\n${error.hint}` };
}

for (const wrong of WRONG) {
  const { what, step, says = '' } = wrong;
  test(`wrong, ${what}: ${step} is named with inputs`, async () => {
    const { message, told } = await failureOf(wrong, {});
    assert.match(message, /image_\d+, /);
    assert.ok(message.includes(`, ${step}`), told);
    assert.ok(told.includes(says), told);
    assert.match(message, / in the file, .* here/);
  });

  test(`wrong, ${what}: without inputs no other step is named`, async () => {
    const { message, told } = await failureOf(wrong, { inputs: null });
    const isKnown = message.includes(`, ${step}`);
    assert.ok(isKnown || message.includes('step not known'), told);
  });
}

// A network with one output for two classes: what else its program may have saved than the sigmoid.

const LOGITS = [-2, 0.5, 1.25, 3];

function table(seconds: readonly number[]) {
  return { rows: seconds.length, columns: 2, data: Float32Array.from(seconds.flatMap((value) => [1 - value, value])) };
}

const ours = table(LOGITS.map((logit) => 1 / (1 + Math.exp(-logit))));
const relation = (seconds: readonly number[]) => scoresRelation(table(seconds), ours, ['no', 'yes']);

test('the output before its sigmoid, and a softmax over it, are named', () => {
  assert.is(relation(LOGITS), 'the one output before its sigmoid');
  assert.is(relation([1, 1, 1, 1]), 'a softmax over one output, which is always 1: take its sigmoid');
});

test('other values are neither', () => {
  assert.is(relation([-2, 0.5, 1.25, 4]), null);
});
