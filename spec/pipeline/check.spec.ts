import { existsSync } from 'node:fs';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { conversionCheck } from '../../pipeline/check/index.js';
import { scoresRelation } from '../../pipeline/check/output-relations.js';
import type { CheckArrays } from '../support/check-npz.js';
import { changed, checkpoint, newPath, program, RIGHT, right, rows, values } from '../support/check-program.js';
import { assert, refusal, test } from '../support/test.js';

type Arrays = Record<string, CheckArrays[string] | null>;

/** What is wrong, in the conversion or in the file, and what the error says with inputs in the file. */
interface Wrong {
  options?: ConvertOptions;
  tensors?: (name: string, data: Float32Array) => void;
  arrays?: () => Promise<Arrays> | Arrays;
  says?: string;
}

const embeddingsOf = (tap: string) => async () => ({ embeddings: (await program(tap))['embeddings']! });
/** Each row of an array of the file changed. */
const byRows = (name: string, change: (row: Float32Array, i: number) => Float32Array) => () => ({
  [name]: rows(name, change),
});
const byValues = (name: string, change: (value: number) => number) => byRows(name, (row) => row.map(change));

function otherRow(row: Float32Array, i: number): Float32Array {
  const at = ((i + 3) % 10) * row.length;
  return values('embeddings').subarray(at, at + row.length);
}

/** By the step that differs, and by what is wrong. Fixed before the search for the step was written. */
const WRONG: Record<string, Record<string, Wrong>> = {
  normalisation: {
    mean: { options: { mean: [0.5] }, says: '--mean 0.5,0.4,0.3' },
    std: { options: { std: [0.5] }, says: '--std 0.2,0.25,0.3' },
    'mean and std 0.5': { options: { mean: [0.5], std: [0.5] } },
    'mean in the order of blue': { options: { mean: [0.3, 0.4, 0.5] } },
    'pixels from 0 to 1': { options: { mean: [0], std: [1] } },
    "ImageNet's": { options: { mean: undefined, std: undefined } },
    'pixels from 0 to 255': { options: { mean: [0], std: [1 / 255] } },
    'blue first, and mean': { options: { channelOrder: 'bgr', mean: [0.5] } },
  },
  'channel order': { 'blue first': { options: { channelOrder: 'bgr' } } },
  resize: {
    'no margin before the crop': { options: { resize: 32 }, says: '--resize 40' },
    'a smaller margin': { options: { resize: 36 }, says: '--resize 40' },
    'aspect ratio not kept': { options: { resize: [32, 32] }, says: '--resize 40' },
    'a border': { options: { resize: 32, mode: 'longest' }, says: '--resize 40' },
    bicubic: { options: { interpolation: 'bicubic' }, says: '--interpolation bilinear' },
    nearest: { options: { interpolation: 'nearest' }, says: '--interpolation bilinear' },
    lanczos: { options: { interpolation: 'lanczos' }, says: '--interpolation bilinear' },
    box: { options: { interpolation: 'box' }, says: '--interpolation bilinear' },
    "an older Pillow's passes": { options: { pillow: 12 } },
    'half a pixel of the crop': { options: { cropRounding: 'down' } },
    'another size': { options: { size: [64, 64], resize: 80 }, says: '--size 32 --resize 40' },
    'bicubic, and mean': { options: { interpolation: 'bicubic', mean: [0.5] }, says: '--mean' },
  },
  'network, embedding': {
    'the layer before, in the conversion': { options: { tap: 'avgpool' }, says: '--tap fc.0' },
    'the layer before, in the file': { arrays: embeddingsOf('avgpool'), says: '--tap avgpool' },
    'a map': { arrays: embeddingsOf('layer2'), says: '--tap layer2' },
    'after a ReLU': { arrays: byValues('embeddings', (value) => Math.max(0, value)), says: 'ReLU' },
    'divided by its length': {
      arrays: byRows('embeddings', (row) => row.map((value) => value / Math.hypot(...row))),
      says: 'divided by their length',
    },
    'rows in another order': { arrays: byRows('embeddings', otherRow), says: 'row 0 is of image_3' },
  },
  'network, scores': {
    'activation of the head': { options: { headActivation: 'gelu' }, says: '--head-activation' },
    'the head of another checkpoint': { tensors: (name, data) => name === 'fc.2.weight' && data.reverse() },
    'classes in another order': {
      arrays: byRows('scores', (row) => row.toReversed()),
      says: 'another order of classes',
    },
    logits: { arrays: byValues('scores', (value) => Math.log(value) + 3), says: 'logits' },
    logarithms: { arrays: byValues('scores', (value) => Math.log(value)), says: 'logarithms' },
    'a class less': { arrays: byRows('scores', (row) => row.subarray(1)), says: '4 columns' },
  },
  network: {
    stem: { options: { stem: 'imagenet' }, says: 'inputs agree' },
    'another epoch': {
      tensors: (name, data) => {
        if (name === 'layer2.0.conv2.weight') data.set(data.map((value, i) => value * (1 + 0.1 * Math.sin(i))));
      },
      says: 'inputs agree',
    },
    'statistics of a batch instead of running ones': {
      tensors: (name, data) => name.endsWith('running_mean') && data.fill(0),
      says: 'inputs agree',
    },
  },
};

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

const all = Object.entries(WRONG).flatMap(([step, list]) => {
  return Object.entries(list).map(([what, wrong]) => ({ step, what, wrong }));
});
for (const { step, what, wrong } of all) {
  const { says = '' } = wrong;
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
