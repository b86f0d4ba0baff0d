/** Reads a weights folder and checks its schema, each shard's size and sha256, the shapes' sum, and every value. */

import { join, sha256Of } from '#platform';
import { shellWord } from '../base/index.js';
import { FileError, RandomAccessFile } from '../files/index.js';
import {
  checkTensor,
  elementCount,
  identityOf,
  MANIFEST_FILE,
  MAX_MANIFEST_BYTES,
  MAX_WEIGHT_BYTES,
  type ManifestEntry,
  type ModelJson,
  modelJsonSchema,
  parseOrThrow,
  type Shard,
} from './manifest.js';
import type { Tensor, Weights } from './model-config.js';
import { decodeTensor, storedBytes } from './quantise.js';
import { WeightsError } from './weights-error.js';

/**
 * @param dir written by `writeWeights` @param expect called before the tensors are read, with the bytes they will have
 * @returns float32 tensors, however they were stored
 * @throws WeightsError when anything in the folder disagrees with anything else; FileError
 */
export async function readWeights(dir: string, expect?: (bytes: number) => void): Promise<Weights> {
  const json = await readManifest(dir);
  const model = parseManifest(join(dir, MANIFEST_FILE), json);
  const [{ weights: entries }] = model.weightsManifest;
  const { config, shards, networkFile, checked = null } = model.userDefinedMetadata;
  expect?.(4 * sum(entries.map(({ shape }) => elementCount(shape))));
  const bytes = await readShards(dir, shards);
  const weights = { config, tensors: decodeAll(dir, entries, bytes), sha256: identityOf(model, json), checked };
  return networkFile === undefined ? weights : { ...weights, file: await readShards(dir, [networkFile]) };
}

/** What a folder says of its weights, without them; null where there are none that can be read. */
export async function readDescription(dir: string): Promise<Pick<Weights, 'config' | 'checked'> | null> {
  try {
    const model = parseManifest(join(dir, MANIFEST_FILE), await readManifest(dir));
    const { config, checked = null } = model.userDefinedMetadata;
    return { config, checked };
  } catch (error) {
    if (error instanceof WeightsError || error instanceof FileError) return null;
    throw error;
  }
}

async function readManifest(dir: string): Promise<Uint8Array> {
  const path = join(dir, MANIFEST_FILE);
  const file = await RandomAccessFile.open(path).catch((error: unknown) => {
    if (!(error instanceof FileError) || error.code !== 'FILE_NOT_FOUND') throw error;
    throw new WeightsError('WEIGHTS_NOT_FOUND', `${dir}: no weights here, ${MANIFEST_FILE} is missing`, {
      hint: `Make them from a checkpoint: image-drift convert model.pth --out ${shellWord(dir)}`,
      cause: error,
    });
  });
  try {
    if (file.size > MAX_MANIFEST_BYTES) {
      const message = `${path}: ${file.size} bytes, at most ${MAX_MANIFEST_BYTES} are read`;
      throw new WeightsError('WEIGHTS_TOO_LARGE', message);
    }
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

function parseManifest(file: string, json: Uint8Array): ModelJson {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    throw new WeightsError('WEIGHTS_MANIFEST_INVALID', `${file}: not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
  const model = parseOrThrow(modelJsonSchema, value, file);
  checkShardList(file, model);
  checkEntries(file, model);
  return model;
}

function checkShardList(file: string, model: ModelJson): void {
  const [{ paths }] = model.weightsManifest;
  const { shards } = model.userDefinedMetadata;
  if (paths.length !== shards.length || paths.some((path, i) => path !== shards[i]!.path)) {
    throw new WeightsError(
      'WEIGHTS_MANIFEST_INVALID',
      `${file}: weightsManifest[0].paths (${paths.length}) and userDefinedMetadata.shards (${shards.length}) disagree`,
    );
  }
}

function checkEntries(file: string, model: ModelJson): void {
  const [{ weights }] = model.weightsManifest;
  const { shards } = model.userDefinedMetadata;
  const names = new Set<string>();
  for (const { name } of weights) {
    if (names.has(name)) throw new WeightsError('WEIGHTS_MANIFEST_INVALID', `${file}: tensor ${name} is there twice`);
    names.add(name);
  }
  const wanted = sum(weights.map((entry) => elementCount(entry.shape) * storedBytes(entry.quantization)));
  const stored = sum(shards.map((shard) => shard.bytes));
  if (wanted !== stored) {
    throw new WeightsError(
      'WEIGHTS_SIZE_MISMATCH',
      `${file}: the shapes take ${wanted.toLocaleString('en')} bytes, the shards have ${stored.toLocaleString('en')}`,
    );
  }
  if (stored > MAX_WEIGHT_BYTES) {
    throw new WeightsError('WEIGHTS_TOO_LARGE', `${file}: ${stored} bytes, at most ${MAX_WEIGHT_BYTES} are read`);
  }
}

/** All shards in one block: tensors may span two, float32 ones become views. Reads ahead while one is hashed. */
async function readShards(dir: string, shards: readonly Shard[]): Promise<Uint8Array> {
  const bytes = new Uint8Array(sum(shards.map((shard) => shard.bytes)));
  let offset = 0;
  const places = shards.map((shard) => {
    const into = bytes.subarray(offset, offset + shard.bytes);
    offset += shard.bytes;
    return { path: join(dir, shard.path), shard, into };
  });
  const start = (i: number) => {
    const place = places[i];
    const reading = place === undefined ? Promise.resolve() : readShard(place.path, place.shard, place.into);
    // Its error is thrown when its turn comes.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = start(0);
  for (const [i, { path, shard, into }] of places.entries()) {
    await reading;
    reading = start(i + 1);
    checkHash(path, shard, into);
  }
  return bytes;
}

/** @param into must be as long as the shard is */
async function readShard(path: string, shard: Shard, into: Uint8Array): Promise<void> {
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size !== shard.bytes) {
      throw new WeightsError(
        'WEIGHTS_SHARD_SIZE',
        `${path}: ${file.size.toLocaleString('en')} bytes, ${MANIFEST_FILE} says ${shard.bytes.toLocaleString('en')}`,
      );
    }
    await file.readInto(into, 0);
  } finally {
    await file.close();
  }
}

function checkHash(path: string, shard: Shard, bytes: Uint8Array): void {
  const actual = sha256Of(bytes);
  if (actual === shard.sha256) return;
  throw new WeightsError('WEIGHTS_SHARD_HASH', `${path}: sha256 ${actual}, ${MANIFEST_FILE} says ${shard.sha256}`, {
    hint: 'The file was changed or damaged since it was written; convert the checkpoint again.',
  });
}

function decodeAll(dir: string, entries: readonly ManifestEntry[], bytes: Uint8Array): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, quantization } of entries) {
    const end = offset + elementCount(shape) * storedBytes(quantization);
    const tensor = { shape, data: decodeTensor(bytes.subarray(offset, end), quantization) };
    checkTensor(`${dir}: tensor ${name}`, tensor);
    tensors.set(name, tensor);
    offset = end;
  }
  return tensors;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
