/** The embedding that nobody chose, where the last Dense layer reads a map: TensorFlow.js' first example of a classifier. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { networkOf, outputsOf } from '../../support/onnx-network.js';
import { temporaryFolder } from '../../support/temporary.js';
import { tfjsImages } from '../../support/tfjs-model.js';

const WEIGHTS = [
  { name: 'conv/kernel', shape: [3, 3, 1, 2], dtype: 'float32' },
  { name: 'conv/bias', shape: [2], dtype: 'float32' },
  { name: 'dense/kernel', shape: [8, 3], dtype: 'float32' },
  { name: 'dense/bias', shape: [3], dtype: 'float32' },
];
const VALUES = 18 + 2 + 24 + 3;

function layer(class_name: string, name: string, config: object): object {
  return { class_name, config: { name, ...config } };
}

function classifier(activation: string): string {
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
    layer('Dense', 'dense', { units: 3, activation, use_bias: true }),
  ];
  const modelTopology = { model_config: { class_name: 'Sequential', config: { name: 'sequential', layers } } };
  const weightsManifest = [{ paths: ['weights.bin'], weights: WEIGHTS }];
  const data = Float32Array.from({ length: VALUES }, (_, i) => Math.sin(i));
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

test.run();
