/**
 * Computes mutants of TensorFlow.js' models as TensorFlow.js does, as `peer.py` does others. Its packages are those of FOLDER:
 *
 *     node spec/ci/model-mutants/tfjs-peer.mjs FOLDER
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const [, , folder] = process.argv;
const load = createRequire(join(folder, 'package.json'));
const tf = load('@tensorflow/tfjs-core');
const { setWasmPaths } = load('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(load.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
await tf.setBackend('wasm');
// Its warnings would stand between the answers.
console.warn = () => {};
process.stdout.write('ready\n');

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = { outputs: await outputsOf(question) };
  } catch (error) {
    answer = { refused: String(error).slice(0, 300) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function outputsOf({ path, input, shape }) {
  const bytes = readFileSync(input);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const images = tf.transpose(tf.tensor4d(Float32Array.from(values), shape), [0, 2, 3, 1]);
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const { paths, weights } = json.weightsManifest[0];
  const whole = Buffer.concat(paths.map((each) => readFileSync(join(dirname(path), each))));
  const weightData = whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
  const source = { load: async () => ({ ...json, weightSpecs: weights, weightData }) };
  const isGraph = Array.isArray(json.modelTopology.node);
  const model = isGraph
    ? await load('@tensorflow/tfjs-converter').loadGraphModel(source)
    : await load('@tensorflow/tfjs-layers').loadLayersModel(source);
  const found = isGraph ? await model.executeAsync(images) : model.predict(images);
  const all = Array.isArray(found) ? found : [found];
  return Object.fromEntries(all.map((tensor, i) => [`${i}`, [...inOrder(tensor).dataSync()]]));
}

/** Maps with their channels first. */
function inOrder(tensor) {
  return tensor.rank === 4 ? tf.transpose(tensor, [0, 3, 1, 2]) : tensor;
}
