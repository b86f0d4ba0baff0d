/** Models and, in every layer, what TensorFlow.js gives for them. A new folder and its JSON are a test. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../../convert/index.js';
import { GraphError } from '../../../graph/index.js';
import { tfjsFolder, tfjsImages } from '../../support/image-files.js';
import { networkOf, outputsOf } from '../../support/onnx-file.js';
import { assert, temporaryFolder, test } from '../../support/test.js';

interface Layer {
  shape: number[];
  largest: number;
  /** Evenly spread. */
  values: number[];
}

interface Expected {
  /** `[height, width, channels]` */
  size: [number, number, number];
  layers: Record<string, Layer>;
}

/** TensorFlow.js computes in float32. */
const BOUND = 2e-5;
const models = readdirSync(tfjsFolder).filter((name) => name.endsWith('.json'));

for (const file of models) {
  const name = file.slice(0, -'.json'.length);
  const { size, layers }: Expected = JSON.parse(readFileSync(join(tfjsFolder, file), 'utf8'));

  test(`${name} gives the values of TensorFlow.js in every layer`, async () => {
    const path = join(tfjsFolder, name, 'model.json');
    const images = tfjsImages(2, size);
    const network = await networkOf(path, { hasClasses: false });
    const inside = Object.keys(layers).filter((layer) => network.graph.modules.has(layer));
    const outputs = new Map(outputsOf(network, images, inside).map((values, i) => [inside[i]!, values]));
    // A layer that the output does not need is left out, unless it is asked for.
    for (const tap of Object.keys(layers).filter((layer) => !inside.includes(layer))) {
      const alone = await networkOf(path, { tap }).catch((error: unknown) => unlessGone(error));
      if (alone !== null) outputs.set(tap, outputsOf(alone, images, [tap])[0]!);
    }
    const gone = Object.keys(layers).filter((layer) => !outputs.has(layer));
    assert.ok(gone.length <= 1, `no layer is named ${gone.join(', ')}`);
    for (const [tap, { shape: ours, data }] of outputs) {
      const { shape, values, largest } = layers[tap]!;
      assert.equal(ours, shape, tap);
      const worst = Math.max(...values.map((value, at) => Math.abs(kept(data, values.length, at) - value)));
      assert.ok(worst <= BOUND * largest, `${name}, ${tap}: an error of ${worst} beside ${largest}`);
    }
  });
}

/** A product whose bias is part of it is not a layer of its own. */
function unlessGone(error: unknown): null {
  if (error instanceof GraphError && error.code === 'UNKNOWN_TAP') return null;
  throw error;
}

/** As make_models.mjs takes them. */
function kept(data: Float64Array, count: number, i: number): number {
  return data[Math.floor((i * (data.length - 1)) / (count - 1))]!;
}

// The embedding that nobody chose, where the last Dense layer reads a map, as in TensorFlow.js' first classifier.

const weightsOf = (units: number) => [
  { name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' },
  { name: 'conv/bias', shape: [2], dtype: 'float32' },
  { name: 'dense/kernel', shape: [8, units], dtype: 'float32' },
  { name: 'dense/bias', shape: [units], dtype: 'float32' },
];

function layer(class_name: string, name: string, config: object): object {
  return { class_name, config: { name, ...config } };
}

function classifier(activation: string, units = 3): string {
  const folder = temporaryFolder();
  const layers = [
    layer('Conv2D', 'conv', {
      batch_input_shape: [null, 4, 4, 1],
      filters: 2,
      kernel_size: [3, 3],
      strides: [1, 1],
      padding: 'valid',
      data_format: 'channels_last',
      activation: 'relu',
      use_bias: true,
    }),
    layer('Flatten', 'flatten', {}),
    layer('Dense', 'dense', { units, activation, use_bias: true }),
  ];
  const modelTopology = { model_config: { class_name: 'Sequential', config: { name: 'sequential', layers } } };
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightsOf(units) }];
  const data = Float32Array.from({ length: 18 + 2 + 9 * units }, (_, i) => Math.sin(i));
  writeFileSync(join(folder, 'weights.bin'), new Uint8Array(data.buffer));
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
  return join(folder, 'model.json');
}

for (const activation of ['softmax', 'linear']) {
  test(`a Dense layer (${activation}) behind a flattened map: what it takes is the embedding`, async () => {
    const network = await networkOf(classifier(activation));
    assert.is(network.classes, 3);
    const [embedding] = outputsOf(network, tfjsImages(2, [4, 4, 1]), [network.tap]);
    assert.equal(embedding!.shape, [2, 8]);
  });
}

test('one unit with a sigmoid is the second of two classes; several, each with one, are labels', async () => {
  const binary = await networkOf(classifier('sigmoid', 1));
  assert.equal([binary.classes, binary.isProbability], [1, true]);
  const [embedding] = outputsOf(binary, tfjsImages(2, [4, 4, 1]), [binary.tap]);
  assert.equal(embedding!.shape, [2, 8]);
  const labels = await networkOf(classifier('sigmoid', 3));
  assert.equal([labels.classes, labels.isProbability, labels.isMultiLabel], [3, false, true]);
  const none = await networkOf(classifier('sigmoid', 3), { hasClasses: false });
  assert.equal([none.classes, none.isProbability, none.isMultiLabel], [0, false, false]);
  const { config } = await convertCheckpoint(classifier('sigmoid', 1), join(temporaryFolder(), 'weights'), {
    classes: ['no', 'yes'],
  });
  assert.equal(config.classes, ['no', 'yes']);
  assert.match(config.provenance.assumed!.join(), 'the one output is the logit of yes');
});
