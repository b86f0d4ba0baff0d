/**
 * Models of TensorFlow.js in `spec/fixtures/convert/tfjs/`: each gives, in every layer, what TensorFlow.js gives, which reads the
 * same files. A new folder beside its JSON is a new test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphError } from '../../../graph/index.js';
import { networkOf, outputsOf } from '../../support/onnx-network.js';
import { assert, test } from '../../support/test.js';
import { tfjsFolder, tfjsImages } from '../../support/tfjs-model.js';

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
