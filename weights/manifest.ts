/**
 * `model.json`: the tfjs weights manifest, with what inference needs in `userDefinedMetadata`. Follows tfjs-core's
 * `io.ModelJSON` and `WeightsManifestConfig` (`src/io/types.ts`), so that tfjs's own loaders read the folder. There is
 * no `modelTopology`: the backbone's name in our config stands for it. All numbers in the shards are little endian.
 */

import * as z from 'zod';
import { join, latin1, sha256Of } from '#platform';
import { issueWords } from '../base/index.js';
import { RandomAccessFile } from '../files/index.js';
import { checkedSchema, modelConfigSchema, type Tensor } from './model-config.js';
import { WeightsError } from './weights-error.js';

export const MANIFEST_FILE = 'model.json';
/** tfjs's own formats are `layers-model` and `graph-model`. This one is neither, because it has no topology. */
export const MANIFEST_FORMAT = 'image-drift-weights';
export const MANIFEST_VERSION = 1;

/** tfjs shards at 4 MiB, so that a browser can cache and fetch shards side by side. */
export const SHARD_BYTES = 4 * 1024 * 1024;
/** 10,000 tensors and 100,000 class names fit; the worst JSON of this size takes a second or two to parse. */
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;
/** The largest torchvision CNN (RegNet-Y 128GF) has 2.6 GB. The backbones known here have less than 600 MB. */
export const MAX_WEIGHT_BYTES = 2 ** 31;
/** ResNet-152 has 930 parameters and buffers. */
const MAX_TENSORS = 10_000;
/** 512 shards make `MAX_WEIGHT_BYTES`; folders with smaller shards are fine. */
const MAX_SHARDS = 8192;
/** A convolution has 4 dimensions, PyTorch's limit is 64. */
const MAX_RANK = 8;
/** PyTorch module paths are tens of characters long. */
const MAX_NAME_LENGTH = 512;

/** A plain file name without a separator or a leading dot, so it cannot leave the folder on any system. */
const shardName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, 'not a plain file name in the same folder');

const quantizationSchema = z.discriminatedUnion('dtype', [
  z.object({
    dtype: z.literal('uint8'),
    min: z.number(),
    scale: z.number().positive(),
    original_dtype: z.literal('float32').optional(),
  }),
  z.object({ dtype: z.literal('float16'), original_dtype: z.literal('float32').optional() }),
]);
export type Quantization = z.infer<typeof quantizationSchema>;

const entrySchema = z.object({
  name: z.string().min(1).max(MAX_NAME_LENGTH),
  shape: z.array(z.number().int().min(1).max(MAX_WEIGHT_BYTES)).max(MAX_RANK),
  dtype: z.literal('float32'),
  quantization: quantizationSchema.optional(),
});
export type ManifestEntry = z.infer<typeof entrySchema>;

const shardSchema = z.object({
  path: shardName,
  bytes: z.number().int().min(1).max(MAX_WEIGHT_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'not a sha256 in lower-case hex'),
});
export type Shard = z.infer<typeof shardSchema>;

/** The file of a network that runs as it is. It stands for all tensors. */
export const NETWORK_FILE = 'network.onnx';

const networkFileSchema = shardSchema.extend({ path: z.literal(NETWORK_FILE) });

export const modelJsonSchema = z
  .object({
    format: z.literal(MANIFEST_FORMAT),
    generatedBy: z.string(),
    convertedBy: z.string(),
    weightsManifest: z.tuple([
      z.object({
        paths: z.array(shardName).max(MAX_SHARDS),
        weights: z.array(entrySchema).max(MAX_TENSORS),
      }),
    ]),
    userDefinedMetadata: z.object({
      version: z.literal(MANIFEST_VERSION),
      config: modelConfigSchema,
      shards: z.array(shardSchema).max(MAX_SHARDS),
      networkFile: networkFileSchema.optional(),
      checked: checkedSchema.optional(),
    }),
  })
  .refine(
    ({ userDefinedMetadata: { shards, networkFile, config } }) =>
      shards.length > 0 === (networkFile === undefined) &&
      (networkFile === undefined) === (config.onnxFile === undefined),
    { message: 'weights are either shards or the ONNX file of a network that runs as it is' },
  );
export type ModelJson = z.infer<typeof modelJsonSchema>;

export function manifestText(model: unknown): string {
  return `${JSON.stringify(model, null, 2)}\n`;
}

/**
 * sha256 (hex) that identifies a model: that of `model.json` without `checked`, since a comparison changes no number
 * that the model computes. @param json the file's bytes
 */
export function identityOf({ userDefinedMetadata }: ModelJson, json: Uint8Array): string {
  if (userDefinedMetadata.checked === undefined) return sha256Of(json);
  const stored = JSON.parse(new TextDecoder().decode(json)) as { userDefinedMetadata: { checked?: unknown } };
  delete stored.userDefinedMetadata.checked;
  return sha256Of(manifestText(stored));
}

/** The number of elements of a tensor of that shape. It may exceed the safe integers for an absurd shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** @param place for messages @throws WeightsError `WEIGHTS_SHAPE_MISMATCH`, `WEIGHTS_NOT_FINITE` (names the element) */
export function checkTensor(place: string, { shape, data }: Tensor): void {
  if (elementCount(shape) !== data.length) {
    throw new WeightsError(
      'WEIGHTS_SHAPE_MISMATCH',
      `${place}: shape [${shape.join(', ')}] has ${elementCount(shape).toLocaleString('en')} elements, ` +
        `the data ${data.length.toLocaleString('en')}`,
    );
  }
  const index = firstNonFinite(data);
  if (index >= 0) {
    const message = `${place}: element ${index} of ${data.length.toLocaleString('en')} is ${data[index]}`;
    throw new WeightsError('WEIGHTS_NOT_FINITE', message, {
      hint: 'The training diverged; take an earlier checkpoint.',
    });
  }
}

function firstNonFinite(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) {
    // Infinity - Infinity and NaN - NaN are NaN. This is faster than Number.isFinite on tens of millions of values.
    if (data[i]! - data[i]! !== 0) return i;
  }
  return -1;
}

/** @throws WeightsError `WEIGHTS_MANIFEST_INVALID` with the place of the first issue and the number of others */
export function parseOrThrow<S extends z.ZodType>(schema: S, value: unknown, file: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  const message = `${file}: ${place(first!.path)}: ${issueWords(first!.message)}${more}`;
  throw new WeightsError('WEIGHTS_MANIFEST_INVALID', message);
}

/** `["weightsManifest", 0, "paths", 2]` → `weightsManifest[0].paths[2]` */
function place(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'top level';
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

/** The format is the first field of `model.json`. */
const HEAD_BYTES = 256;

/** Whether the `model.json` of a folder begins as one of ours. It may still be damaged. */
export async function isWeightsFolder(dir: string): Promise<boolean> {
  const file = await RandomAccessFile.open(join(dir, MANIFEST_FILE)).catch(() => null);
  if (file === null) return false;
  try {
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    return latin1(head).includes(JSON.stringify(MANIFEST_FORMAT));
  } finally {
    await file.close();
  }
}
