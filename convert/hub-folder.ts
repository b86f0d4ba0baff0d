/**
 * A folder as Hugging Face keeps a model: the tensors, and what the model needs beside them in `config.json` and
 * `preprocessor_config.json`. Both spellings of the preprocessing are read: that of transformers, and timm's.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readSmallFile } from '../files/index.js';
import { ConvertError } from './convert-error.js';
import type { PreprocessingOptions } from './preprocessing.js';

/** Names of 21,841 classes, in two directions. */
const MAX_JSON_BYTES = 16 * 2 ** 20;
/** From the best to the second best. */
const WEIGHT_FILES = ['model.safetensors', 'pytorch_model.bin'];
/** Pillow's number for bilinear. */
const BILINEAR = 2;
/** Sides from which ConvNeXt's image processor squeezes images instead of cropping them. */
const SQUEEZED_FROM = 384;
const CROP_SHARE = 0.875;

export interface HubFolder {
  /** The file with the tensors. */
  file: string;
  classes: string[] | undefined;
  preprocessing: PreprocessingOptions;
  /** What differs from what the folder asks for, one sentence each. */
  assumed: string[];
}

const perChannel = z.array(z.number());
const side = z.number().int().min(1);
const configSchema = z.object({
  id2label: z.record(z.string(), z.string()).optional(),
  hidden_act: z.string().optional(),
  downsample_in_bottleneck: z.boolean().optional(),
  pretrained_cfg: z
    .object({
      input_size: z.tuple([side, side, side]),
      crop_pct: z.number().positive().max(1).default(CROP_SHARE),
      interpolation: z.string().default('bilinear'),
      mean: perChannel,
      std: perChannel,
    })
    .optional(),
});
const processorSchema = z.object({
  size: z.union([side, z.object({ shortest_edge: side }), z.object({ height: side, width: side })]),
  crop_pct: z.number().positive().max(1).nullish(),
  crop_size: z.union([side, z.object({ height: side, width: side })]).nullish(),
  do_center_crop: z.boolean().nullish(),
  resample: z.number().nullish(),
  image_mean: perChannel,
  image_std: perChannel,
});

/** Null for a folder without `config.json`. @throws ConvertError `HUB_FOLDER_INVALID`; FileError */
export async function readHubFolder(dir: string): Promise<HubFolder | null> {
  const config = await readJson(join(dir, 'config.json'), configSchema);
  if (config === null) return null;
  if ((config.hidden_act ?? 'relu') !== 'relu' || config.downsample_in_bottleneck === true) {
    throw new ConvertError('HUB_FOLDER_INVALID', `${dir}: config.json asks for layers that no known backbone has`, {
      hint: 'hidden_act other than relu, or downsample_in_bottleneck, is not converted.',
    });
  }
  const file = await firstThere(WEIGHT_FILES.map((name) => join(dir, name)));
  if (file === null) {
    throw new ConvertError(
      'HUB_FOLDER_INVALID',
      `${dir}: has a config.json, but neither ${WEIGHT_FILES.join(' nor ')}`,
    );
  }
  const processor = await readJson(join(dir, 'preprocessor_config.json'), processorSchema);
  const timm = config.pretrained_cfg;
  const preprocessing = processor ? fromProcessor(processor) : timm ? fromTimm(timm) : {};
  const isBilinear = processor
    ? (processor.resample ?? BILINEAR) === BILINEAR
    : (timm?.interpolation ?? 'bilinear') === 'bilinear';
  return {
    file,
    classes: namesOf(config.id2label),
    preprocessing,
    assumed: isBilinear ? [] : ['images are resized bilinearly, the folder asks for another interpolation'],
  };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  if ((await firstThere([path])) === null) return null;
  const bytes = await readSmallFile(path, MAX_JSON_BYTES, 'a configuration');
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new ConvertError('HUB_FOLDER_INVALID', `${path}: is no configuration that is known here`, { cause: error });
  }
}

async function firstThere(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

function fromProcessor(processor: z.infer<typeof processorSchema>): PreprocessingOptions {
  const { size, crop_pct: share, crop_size: crop, do_center_crop: crops, image_mean: mean, image_std: std } = processor;
  if (typeof size === 'object' && 'height' in size) {
    const exact: [number, number] = [size.height, size.width];
    return { size: exact, resize: exact, mean, std };
  }
  const edge = typeof size === 'number' ? size : size.shortest_edge;
  if (share != null) {
    const square: [number, number] = [edge, edge];
    if (edge >= SQUEEZED_FROM) return { size: square, resize: square, mean, std };
    return { size: square, resize: Math.trunc(edge / share), crop: square, mean, std };
  }
  const [height, width] =
    crop == null ? [edge, edge] : typeof crop === 'number' ? [crop, crop] : [crop.height, crop.width];
  if (crops === false) return { size: [edge, edge], resize: [edge, edge], mean, std };
  return { size: [height, width], resize: edge, crop: [height, width], mean, std };
}

function fromTimm({
  input_size: [, height, width],
  crop_pct: share,
  mean,
  std,
}: NonNullable<z.infer<typeof configSchema>['pretrained_cfg']>): PreprocessingOptions {
  return {
    size: [height, width],
    resize: Math.floor(Math.min(height, width) / share),
    crop: [height, width],
    mean,
    std,
  };
}

/** Class names by their numbers; undefined where a number is missing. */
function namesOf(labels: Readonly<Record<string, string>> | undefined): string[] | undefined {
  if (labels === undefined) return undefined;
  const names = Array.from({ length: Object.keys(labels).length }, (_, i) => labels[String(i)]);
  const all = names.filter((name) => name !== undefined);
  return all.length === names.length ? all : undefined;
}
