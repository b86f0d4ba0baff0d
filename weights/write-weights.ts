/** Writes a weights folder, whole or not at all. The same input gives the same bytes. */
import { concat, join, nextTurn, sha256Of, writeFile } from '#platform';
import { writeFolderAtomically } from '../files/index.js';
import {
  checkTensor,
  MANIFEST_FILE,
  MANIFEST_FORMAT,
  MANIFEST_VERSION,
  MAX_MANIFEST_BYTES,
  MAX_WEIGHT_BYTES,
  type ManifestEntry,
  type ModelJson,
  manifestText,
  modelJsonSchema,
  NETWORK_FILE,
  parseOrThrow,
  SHARD_BYTES,
  type Shard,
} from './manifest.js';
import type { Tensor, Weights } from './model-config.js';
import { encodeTensor, type StorageType } from './quantise.js';
import { WeightsError } from './weights-error.js';

export interface WriteWeightsOptions {
  /** The storage type of tensors; default `float32`. `uint8` applies to tensors of rank 2 and more. */
  dtype?: StorageType;
  /** Replaces an existing weights folder, but nothing else; default false. */
  overwrite?: boolean;
}

export interface WrittenWeights {
  /** Identifies the model; equals `Weights.sha256` when the folder is read. */
  sha256: string;
  /** Bytes of all shards. */
  bytes: number;
}

/**
 * Writes `model.json` and shards of at most 4 MiB, without tensors `*.num_batches_tracked`: only training uses them.
 * @throws WeightsError for values that are not finite, shapes that disagree with their data, float16 overflow, or a
 *   config that the schema refuses; FileError when the folder exists (without `overwrite`) or cannot be written
 */
export async function writeWeights(
  dir: string,
  { config, tensors, file, checked }: Pick<Weights, 'config' | 'tensors' | 'file' | 'checked'>,
  { dtype = 'float32', overwrite = false }: WriteWeightsOptions = {},
): Promise<WrittenWeights> {
  const { entries, parts, total } = await encodeAll(config.provenance.source, tensors, dtype);
  const shards: Shard[] = [];
  for await (const chunk of shardsOf(parts)) shards.push(describeShard(chunk, shards.length, shardCount(total)));
  const networkFile =
    file === undefined ? undefined : ({ path: NETWORK_FILE, bytes: file.length, sha256: sha256Of(file) } as const);
  const model = { config, shards, ...(networkFile && { networkFile }) };
  const identity = serialise(dir, entries, model);
  const json = checked == null ? identity : serialise(dir, entries, { ...model, checked });

  await writeFolderAtomically(
    dir,
    async (folder) => {
      let written = 0;
      for await (const chunk of shardsOf(parts)) await writeFile(join(folder, shards[written++]!.path), chunk);
      if (file !== undefined) await writeFile(join(folder, NETWORK_FILE), file);
      await writeFile(join(folder, MANIFEST_FILE), json);
    },
    { mayReplace: (names) => overwrite && names.every(isOurs) },
  );
  return { sha256: sha256Of(identity), bytes: total + (file?.length ?? 0) };
}

/** @param source file that the tensors came from, for messages */
async function encodeAll(source: string, tensors: ReadonlyMap<string, Tensor>, dtype: StorageType) {
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
    await nextTurn();
  }
  return { entries, parts, total };
}

function shardCount(total: number): number {
  return Math.ceil(total / SHARD_BYTES);
}

/** All bytes in pieces of `SHARD_BYTES`, the last one shorter. Signals are heard between two of them. */
async function* shardsOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  let open: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    for (let start = 0; start < part.length; ) {
      const piece = part.subarray(start, start + SHARD_BYTES - size);
      open.push(piece);
      size += piece.length;
      start += piece.length;
      if (size < SHARD_BYTES) continue;
      yield joined(open);
      await nextTurn();
      [open, size] = [[], 0];
    }
  }
  if (size > 0) yield joined(open);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : concat(pieces);
}

function describeShard(chunk: Uint8Array, index: number, count: number): Shard {
  return { path: `group1-shard${index + 1}of${count}.bin`, bytes: chunk.length, sha256: sha256Of(chunk) };
}

/** Writes no dates and no paths, so the same checkpoint gives the same bytes everywhere. */
function serialise(
  dir: string,
  weights: ManifestEntry[],
  metadata: Omit<ModelJson['userDefinedMetadata'], 'version'>,
): string {
  const { config, shards } = metadata;
  const model: ModelJson = {
    format: MANIFEST_FORMAT,
    // Readers show it, and nothing else: what made the network may be PyTorch, an exporter of ONNX or TensorFlow.js.
    generatedBy: config.provenance.converter,
    convertedBy: config.provenance.converter,
    weightsManifest: [{ paths: shards.map((shard) => shard.path), weights }],
    userDefinedMetadata: { version: MANIFEST_VERSION, ...metadata },
  };
  // Parsing gives every object the schema's key order, independent of the caller's order.
  const file = join(dir, MANIFEST_FILE);
  const json = manifestText(parseOrThrow(modelJsonSchema, model, file));
  const size = new TextEncoder().encode(json).length;
  if (size > MAX_MANIFEST_BYTES) {
    throw new WeightsError('WEIGHTS_TOO_LARGE', `${file}: ${size} bytes, at most ${MAX_MANIFEST_BYTES} could be read`);
  }
  return json;
}

/** Whether a file of that name may be replaced: only the files that this function writes. */
function isOurs(name: string): boolean {
  return name === MANIFEST_FILE || name === NETWORK_FILE || /^group1-shard\d+of\d+\.bin$/.test(name);
}
