/** `model.json` of TensorFlow.js (tfjs-core, `src/io/types.ts`): TensorFlow's operations or Keras' layers. */

import * as z from 'zod';
import { basename, latin1, utf8 } from '#platform';
import { issueWords } from '../../../base/index.js';
import { RandomAccessFile } from '../../../files/index.js';
import { ConvertError } from '../../convert-error.js';

/** EfficientNet-L2 as a graph has 8 MB. */
const MAX_JSON_BYTES = 64 * 2 ** 20;
/** A weights folder of image-drift has a `model.json` as well, which says so in its first field. */
const OWN_FORMAT = '"image-drift-weights"';
const HEAD_BYTES = 256;
const MARK = '"modelTopology"';

const quantizationSchema = z.object({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  min: z.number().optional(),
  scale: z.number().optional(),
});

const weightSchema = z.object({
  name: z.string().max(2000),
  shape: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(2 ** 31),
    )
    .max(8),
  dtype: z.string().max(100),
  quantization: quantizationSchema.nullish(),
});
export type WeightEntry = z.infer<typeof weightSchema>;

const groupSchema = z.object({ paths: z.array(z.string().max(1000)).max(10_000), weights: z.array(weightSchema) });
export type WeightGroup = z.infer<typeof groupSchema>;

const modelSchema = z.looseObject({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(groupSchema).max(10_000),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.unknown().optional(),
});

export interface ModelJson {
  /** Name of the file, for messages. */
  label: string;
  bytes: Uint8Array;
  /** `graph-model` or `layers-model`, by what the topology is. */
  kind: 'graph-model' | 'layers-model';
  topology: Readonly<Record<string, unknown>>;
  groups: readonly WeightGroup[];
  /** `signature` of a graph model. */
  signature: unknown;
}

/** Whether a file is the `model.json` of a model for TensorFlow.js. @throws FileError */
export async function isTfjsModel(path: string): Promise<boolean> {
  const file = await RandomAccessFile.open(path);
  try {
    return await holdsTfjsModel(file);
  } finally {
    await file.close();
  }
}

/** The same of a file that is open. @throws FileError */
export async function holdsTfjsModel(file: RandomAccessFile): Promise<boolean> {
  const head = latin1(await file.read(0, Math.min(HEAD_BYTES, file.size)));
  if (!head.trimStart().startsWith('{') || head.includes(OWN_FORMAT)) return false;
  if (head.includes(MARK)) return true;
  return file.size <= MAX_JSON_BYTES && latin1(await file.read(0, file.size)).includes(MARK);
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_TOO_LARGE`; FileError */
export async function readModelJson(path: string): Promise<ModelJson> {
  const label = basename(path);
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size > MAX_JSON_BYTES) {
      const message = `${label}: has ${file.size.toLocaleString('en')} bytes, at most ${MAX_JSON_BYTES.toLocaleString('en')} are read`;
      throw new ConvertError('TFJS_TOO_LARGE', message);
    }
    return parsed(await file.read(0, file.size), label);
  } finally {
    await file.close();
  }
}

function parsed(bytes: Uint8Array, label: string): ModelJson {
  const found = checked(modelSchema, jsonOf(bytes, label), label, '');
  const { modelTopology: topology, weightsManifest: groups, userDefinedMetadata } = found;
  return {
    label,
    bytes,
    kind: Array.isArray(topology['node']) ? 'graph-model' : 'layers-model',
    topology,
    groups,
    signature: found.signature ?? (userDefinedMetadata as { signature?: unknown } | null | undefined)?.signature,
  };
}

function jsonOf(bytes: Uint8Array, label: string): unknown {
  try {
    return JSON.parse(utf8(bytes));
  } catch (error) {
    throw invalid(label, `it is not JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** @throws ConvertError `TFJS_INVALID` with the place of what does not fit */
export function checked<T>(schema: z.ZodType<T>, value: unknown, label: string, place: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [...(place === '' ? [] : [place]), ...(issue?.path ?? [])].join('.').slice(0, 300);
  throw invalid(label, `${path === '' ? 'the top level' : path}: ${issueWords(issue?.message)}`);
}

export function invalid(label: string, what: string): ConvertError {
  return new ConvertError('TFJS_INVALID', `${label}: is not a readable model of TensorFlow.js: ${what}`);
}
