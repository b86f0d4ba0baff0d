/**
 * The side of TensorFlow.js of `tfjs.sh`. Its packages are those of FOLDER.
 *
 *     node spec/ci/tfjs-peer.mjs unpack FOLDER NETWORK    writes the network of nsfwjs as model.json and files of weights
 *     node spec/ci/tfjs-peer.mjs run FOLDER NETWORK       computes the outputs for the pixels that tfjs.ts wrote
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const [, , task, folder, network] = process.argv;
const load = createRequire(join(folder, 'package.json'));
if (task === 'unpack') unpack();
else await run();

/** nsfwjs has its files as JavaScript: the model as an object, the weights in base64. */
function unpack() {
  const source = join(folder, 'node_modules/nsfwjs/dist/models', network);
  mkdirSync(join(folder, network), { recursive: true });
  for (const file of readdirSync(source)) {
    const module = load(join(source, file));
    const content = module.default ?? module;
    const [name] = file.split('.');
    if (name === 'model') writeFileSync(join(folder, network, 'model.json'), JSON.stringify(content));
    else writeFileSync(join(folder, network, name), Buffer.from(content, 'base64'));
  }
}

async function run() {
  const tf = load('@tensorflow/tfjs-core');
  const { setWasmPaths } = load('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(load.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  const { shape, tap } = JSON.parse(readFileSync(join(folder, `${network}.pixels.json`), 'utf8'));
  const pixels = readFileSync(join(folder, `${network}.pixels`));
  const images = tf.tensor4d(
    Float32Array.from(pixels, (pixel) => pixel / 255),
    shape,
  );
  const [scores, embeddings] = await outputs(modelFiles(), images, tap);
  writeFileSync(join(folder, `${network}.outputs.json`), JSON.stringify({ scores, embeddings }));
}

async function outputs(source, images, tap) {
  if (Array.isArray(JSON.parse(readFileSync(join(folder, network, 'model.json'), 'utf8')).modelTopology.node)) {
    const model = await load('@tensorflow/tfjs-converter').loadGraphModel(source);
    return model.execute(images, [model.outputs[0].name, tap]).map(list);
  }
  const layers = load('@tensorflow/tfjs-layers');
  const model = await layers.loadLayersModel(source);
  const both = layers.model({ inputs: model.inputs, outputs: [model.outputs[0], model.getLayer(tap).output] });
  return both.predict(images).map(list);
}

function list(tensor) {
  return Array.from(tensor.dataSync());
}

function modelFiles() {
  const json = JSON.parse(readFileSync(join(folder, network, 'model.json'), 'utf8'));
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = Buffer.concat(paths.map((path) => readFileSync(join(folder, network, path))));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return { load: async () => ({ ...json, weightSpecs: weights, weightData }) };
}
