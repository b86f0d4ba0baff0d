/**
 * A folder of images through transformers.js, timed: `node transformers.js FOLDER MODEL OUT`, by the loop of its own
 * examples. MODEL is a folder that `image_folder.py` makes. OUT gets the embeddings in the order of names, as float32.
 * Prints one line of JSON with the seconds of the loop.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadTransformers } from './transformers-package.js';

/** As the loop of PyTorch. */
const BATCH_SIZE = 32;

const [folder, modelFolder, out] = process.argv.slice(2) as [string, string, string];
const { env, RawImage, AutoImageProcessor, model } = await loadTransformers(modelFolder);
const processor = await AutoImageProcessor.from_pretrained(basename(modelFolder));

const files = readdirSync(folder).sort();
const embeddings: Float32Array[] = [];
const started = performance.now();
for (let from = 0; from < files.length; from += BATCH_SIZE) {
  const batch = files.slice(from, from + BATCH_SIZE).map((file) => RawImage.read(join(folder, file)));
  const { last_hidden_state: tensor } = await model(await processor(await Promise.all(batch)));
  embeddings.push(tensor!.data);
}
const seconds = (performance.now() - started) / 1000;
writeFileSync(
  out,
  Buffer.concat(embeddings.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
);
console.log(JSON.stringify({ seconds, images: files.length, version: env.version }));
