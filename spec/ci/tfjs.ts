/**
 * Our side of `tfjs.sh`.
 *
 *     node dist/spec/ci/tfjs.js pixels FOLDER NETWORK     writes the photographs as the network is fed with them
 *     node dist/spec/ci/tfjs.js compare FOLDER NETWORK    exits with 1 if the outputs of `embed` are not those of TensorFlow.js
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage, prepareImage } from '../../data/index.js';
import { readyWeights } from '../../pipeline/weights/index.js';
import { readWeights } from '../../weights/index.js';
import { readWholeArray } from '../support/npz-file.js';
import { relativeError } from '../support/relative-error.js';

/** Both compute in float32, in another order. */
const BOUND = 1e-4;

const [, , task, folder = '', network = ''] = process.argv;
if (task === 'pixels') await writePixels();
else await compare();

async function writePixels(): Promise<void> {
  const { config } = await readWeights((await readyWeights(join(folder, network))).folder);
  const photos = readdirSync(join(folder, 'photos')).sort();
  const images = [];
  for (const name of photos) {
    const image = await decodeImage(readFileSync(join(folder, 'photos', name)), name);
    images.push(prepareImage(image, config.preprocessing, name));
  }
  const [{ height, width }] = images as [(typeof images)[0]];
  writeFileSync(join(folder, `${network}.pixels`), Buffer.concat(images.map(({ data }) => data)));
  const described = { shape: [images.length, height, width, 3], tap: config.tap };
  writeFileSync(join(folder, `${network}.pixels.json`), JSON.stringify(described));
}

async function compare(): Promise<void> {
  const theirs: Record<string, number[]> = JSON.parse(readFileSync(join(folder, `${network}.outputs.json`), 'utf8'));
  for (const name of ['scores', 'embeddings']) {
    const { values, shape } = await readWholeArray(join(folder, `${network}.npz`), name);
    const expected = theirs[name]!;
    const error = relativeError(values, expected);
    console.log(
      `${network}: ${name} [${shape.join(', ')}], ${error.toExponential(1)} of the largest value from TensorFlow.js`,
    );
    if (values.length !== expected.length || !(error <= BOUND)) process.exitCode = 1;
  }
}
