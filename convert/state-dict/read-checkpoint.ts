/** Reads a checkpoint of any of the three formats, in one file or several, and returns the tensors by plain names. */

import * as z from 'zod';
import { basename, dirname, join, latin1, sha256 } from '#platform';
import { quoted } from '../../base/index.js';
import { addToHash, checkWithinFolder, RandomAccessFile, readSmallText } from '../../files/index.js';
import { ConvertError } from '../convert-error.js';
import { OTHER_HEAD_BYTES, otherFormat } from '../other-formats.js';
import { readSafetensors } from './safetensors.js';
import { wrapperPrefix } from './state-dict.js';
import { type CheckpointTensor, checkTensorCount, MAX_ELEMENTS } from './tensors.js';
import { readTorchLegacy } from './torch-legacy.js';
import { readTorchZip } from './torch-zip.js';

export type CheckpointFormat = 'torch-zip' | 'torch-legacy' | 'safetensors';

export interface Checkpoint {
  format: CheckpointFormat;
  /** Tensors by their state-dict names, without the prefixes `module.`, `model.` and `_orig_mod.`. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** What was removed from the beginning of every name. */
  prefix: string;
  /** sha256 of the whole file, lower-case hex; of several files that of their sha256 one after the other. */
  sha256: string;
}

const READERS = { 'torch-zip': readTorchZip, 'torch-legacy': readTorchLegacy, safetensors: readSafetensors } as const;

/** Enough to tell the formats apart, and to recognise a Git LFS pointer. */
const SNIFF_BYTES = OTHER_HEAD_BYTES;

/** Tensors by the names that stand in the file. */
type Contents = Omit<Checkpoint, 'prefix'>;

/**
 * @param path a `.pth`, `.pt`, `.ckpt` or `.safetensors` file, whose contents decide the format, not the name; or
 *   `….index.json`, which lists the files of a model
 * @throws ConvertError, FileError; no file causes any other error, and nothing in the file is executed
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { format, tensors: named, sha256 } = isShardIndex(path) ? await readShards(path) : await readFile(path);
  const prefix = wrapperPrefix([...named.keys()]);
  const tensors = new Map([...named].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  return { format, tensors, prefix, sha256 };
}

async function readFile(path: string): Promise<Contents> {
  const file = await RandomAccessFile.open(path);
  try {
    const label = basename(path);
    const format = recogniseFormat(await file.read(0, Math.min(file.size, SNIFF_BYTES)), label);
    return {
      format,
      tensors: await READERS[format](file, label),
      sha256: (await addToHash(sha256(), file)).digest('hex'),
    };
  } finally {
    await file.close();
  }
}

async function readShards(path: string): Promise<Contents> {
  const tensors = new Map<string, CheckpointTensor>();
  const hash = sha256();
  let format: CheckpointFormat = 'safetensors';
  let elements = 0;
  for (const shard of await shardsOf(path)) {
    const read = await readFile(shard);
    format = read.format;
    hash.update(read.sha256);
    for (const [name, tensor] of read.tensors) {
      if (tensors.has(name)) throw twice(name, path, shard);
      tensors.set(name, tensor);
      elements += tensor.data.length;
    }
    checkTensorCount(tensors.size, basename(path));
    if (elements > MAX_ELEMENTS) throw tooLarge(path, shard);
  }
  return { format, tensors, sha256: hash.digest('hex') };
}

function tooLarge(path: string, shard: string): ConvertError {
  const limit = MAX_ELEMENTS.toLocaleString('en');
  const message = `${basename(path)}: with ${basename(shard)} more than the ${limit} elements that are read`;
  return new ConvertError('CHECKPOINT_TOO_LARGE', message);
}

function twice(name: string, path: string, shard: string): ConvertError {
  const message = `${basename(path)}: tensor ${quoted(name)} is in ${basename(shard)} and in a file before it`;
  return new ConvertError('SHARD_INDEX_INVALID', message);
}

const KNOWN_FORMATS =
  'A model is a checkpoint of torch, safetensors, an ONNX file, a .pt2 of torch.export, or a model.json of TensorFlow.js.';

function recogniseFormat(head: Uint8Array, label: string): CheckpointFormat {
  const text = latin1(head);
  if (text.startsWith('PK\x03\x04')) return 'torch-zip';
  // The header's length may begin like a pickle. The header, a JSON object, follows it.
  if (text.slice(4, 9) === '\0\0\0\0{') return 'safetensors';
  // Every pickle since protocol 2 begins with PROTO, and torch never wrote older ones.
  if (head[0] === 0x80) return 'torch-legacy';
  const other = otherFormat(head);
  const says =
    other?.is ??
    (head.length === 0 ? 'empty' : `of a kind that is not known; it begins with ${quoted(text.slice(0, 16))}`);
  throw new ConvertError('CHECKPOINT_UNKNOWN_FORMAT', `${label}: is ${says}`, {
    hint: other?.hint ?? (head.length === 0 ? undefined : KNOWN_FORMATS),
  });
}

/** The index of a model that is kept in several files, as transformers writes it: `weight_map`, from tensor to file. */
const INDEX = '.index.json';
/** 10,000 tensors with long names. */
const MAX_INDEX_BYTES = 16 * 2 ** 20;
const shard = z.string().regex(/^[^/\\:]+$/, 'must be the name of a file beside the index');
const indexSchema = z.object({ weight_map: z.record(z.string(), shard) });

export function isShardIndex(path: string): boolean {
  return path.endsWith(INDEX);
}

/**
 * @returns sorted paths
 * @throws ConvertError `SHARD_INDEX_INVALID`; FileError
 */
export async function shardsOf(path: string): Promise<string[]> {
  const names = await shardNames(path);
  const folder = dirname(path);
  const paths = names.map((name) => join(folder, name));
  for (const each of paths) await checkWithinFolder(folder, each);
  return paths;
}

async function shardNames(path: string): Promise<string[]> {
  const text = await readSmallText(path, MAX_INDEX_BYTES, 'an index');
  try {
    const { weight_map: map } = indexSchema.parse(JSON.parse(text));
    const names = [...new Set(Object.values(map))].sort();
    if (names.length > 0) return names;
  } catch (error) {
    throw new ConvertError('SHARD_INDEX_INVALID', `${basename(path)}: is not an index of tensors`, { cause: error });
  }
  throw new ConvertError('SHARD_INDEX_INVALID', `${basename(path)}: names no files`);
}
