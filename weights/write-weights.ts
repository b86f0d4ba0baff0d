/** Writes a weights folder, whole or not at all. The same input gives the same bytes. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically } from '../files/index.js';
import { checkTensor } from './check-tensor.js';
import {
  MANIFEST_FILE,
  MANIFEST_FORMAT,
  MANIFEST_VERSION,
  MAX_MANIFEST_BYTES,
  MAX_WEIGHT_BYTES,
  type ManifestEntry,
  type ModelJson,
  modelJsonSchema,
  SHARD_BYTES,
  type Shard,
} from './manifest.js';
import type { ModelConfig, Tensor } from './model-config.js';
import { encodeTensor, type StorageType } from './quantise.js';
import { parseOrThrow } from './validate.js';
import { WeightsError } from './weights-error.js';

export interface WriteWeightsOptions {
  /** The storage type of tensors; default `float32`. `uint8` applies to tensors of rank 2 and more. */
  dtype?: StorageType;
  /** Replaces an existing weights folder, but nothing else; default false. */
  overwrite?: boolean;
}

export interface WrittenWeights {
  /** sha256 (hex) of `model.json`; equals `Weights.sha256` when the folder is read. */
  sha256: string;
  /** Bytes of all shards. */
  bytes: number;
}

/**
 * Writes `model.json` and shards of at most 4 MiB into `dir`. Tensors named `*.num_batches_tracked` are left out:
 * only training uses them.
 *
 * @throws WeightsError for values that are not finite, shapes that disagree with their data, float16 overflow, or a
 *   config that the schema refuses
 * @throws FileError when the folder exists (without `overwrite`) or cannot be written
 */
export async function writeWeights(
  dir: string,
  { config, tensors }: { config: ModelConfig; tensors: ReadonlyMap<string, Tensor> },
  { dtype = 'float32', overwrite = false }: WriteWeightsOptions = {},
): Promise<WrittenWeights> {
  const { entries, bytes } = encodeAll(config.provenance.source, tensors, dtype);
  const chunks = cutIntoShards(bytes);
  const shards = chunks.map((chunk, i) => describeShard(chunk, i, chunks.length));
  const json = serialise(dir, config, entries, shards);

  await writeFolderAtomically(
    dir,
    async (folder) => {
      for (const [i, chunk] of chunks.entries()) await writeFile(join(folder, shards[i]!.path), chunk);
      await writeFile(join(folder, MANIFEST_FILE), json);
    },
    { mayReplace: (names) => overwrite && names.every(isOurs) },
  );
  return { sha256: sha256(json), bytes: bytes.length };
}

/** @param source file that the tensors came from, for messages */
function encodeAll(source: string, tensors: ReadonlyMap<string, Tensor>, dtype: StorageType) {
  const entries: ManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const [name, tensor] of tensors) {
    if (name.endsWith('num_batches_tracked')) continue;
    const place = `${source}: tensor ${name}`;
    checkTensor(place, tensor);
    const { bytes, quantization } = encodeTensor(place, tensor, dtype);
    entries.push({ name, shape: [...tensor.shape], dtype: 'float32', ...(quantization && { quantization }) });
    parts.push(bytes);
    total += bytes.length;
    if (total > MAX_WEIGHT_BYTES) {
      throw new WeightsError('WEIGHTS_TOO_LARGE', `${place}: with it the weights exceed ${MAX_WEIGHT_BYTES} bytes`);
    }
  }
  return { entries, bytes: Buffer.concat(parts, total) };
}

function cutIntoShards(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += SHARD_BYTES) {
    chunks.push(bytes.subarray(start, start + SHARD_BYTES));
  }
  return chunks;
}

function describeShard(chunk: Uint8Array, index: number, count: number): Shard {
  return { path: `group1-shard${index + 1}of${count}.bin`, bytes: chunk.length, sha256: sha256(chunk) };
}

/** Writes no dates and no paths, so the same checkpoint gives the same bytes everywhere. */
function serialise(dir: string, config: ModelConfig, weights: ManifestEntry[], shards: Shard[]): string {
  const model: ModelJson = {
    format: MANIFEST_FORMAT,
    generatedBy: 'PyTorch',
    convertedBy: config.provenance.converter,
    weightsManifest: [{ paths: shards.map((shard) => shard.path), weights }],
    userDefinedMetadata: { version: MANIFEST_VERSION, config, shards },
  };
  // Parsing gives every object the schema's key order, independent of the caller's order.
  const file = join(dir, MANIFEST_FILE);
  const json = `${JSON.stringify(parseOrThrow(modelJsonSchema, model, file), null, 2)}\n`;
  const size = Buffer.byteLength(json);
  if (size > MAX_MANIFEST_BYTES) {
    throw new WeightsError('WEIGHTS_TOO_LARGE', `${file}: ${size} bytes, at most ${MAX_MANIFEST_BYTES} could be read`);
  }
  return json;
}

/** Whether a file of that name may be replaced: only the files that this function writes. */
function isOurs(name: string): boolean {
  return name === MANIFEST_FILE || /^group1-shard\d+of\d+\.bin$/.test(name);
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}
