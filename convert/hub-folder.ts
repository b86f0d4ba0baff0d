/**
 * A folder as Hugging Face keeps a model: the tensors, and what the model needs beside them in `config.json` and
 * `preprocessor_config.json`. Both spellings of the preprocessing are read: that of transformers, and timm's.
 */
import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { checkWithinFolder, readSmallFile } from '../files/index.js';
import type { Hints } from '../graph/backbones/index.js';
import { ConvertError } from './convert-error.js';
import { type FolderPreprocessing, fromProcessor, fromTimm, processorSchema, timmSchema } from './hub-preprocessing.js';
import type { PreprocessingOptions } from './preprocessing.js';
import type { ChannelOrder } from './read-model.js';

/** Names of 21,841 classes, in two directions. */
const MAX_JSON_BYTES = 16 * 2 ** 20;
const CONFIG = 'config.json';
const PROCESSOR = 'preprocessor_config.json';
/** From the best to the second best; an index lists the files of a model that is kept in several. */
const WEIGHT_FILES = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'onnx/model.onnx',
];

export interface HubFolder {
  /** The file with the tensors. */
  file: string;
  classes: string[] | undefined;
  preprocessing: PreprocessingOptions;
  /** The order of colours that the folder asks for; undefined: red, green, blue. */
  channelOrder: ChannelOrder | undefined;
  /** What the configuration says about the network. */
  hints: Hints;
  /** What differs from what the folder asks for, one sentence each. */
  assumed: string[];
}

/** Types of networks here whose activations are ReLU whatever their configuration says. */
const RELU_TYPES = ['resnet', 'regnet'];

const configSchema = z.looseObject({
  model_type: z.string().optional(),
  /** timm's name of the network. */
  architecture: z.string().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  hidden_act: z.string().optional(),
  downsample_in_bottleneck: z.boolean().optional(),
  pretrained_cfg: timmSchema.optional(),
});

/** The files of such a folder that say what its tensors are. */
export function descriptionsIn(dir: string): string[] {
  return [join(dir, CONFIG), join(dir, PROCESSOR)];
}

/** The file of a folder that holds the tensors, or lists those that do; null where there is none. */
export async function weightsFileIn(dir: string): Promise<string | null> {
  const found = await firstThere(WEIGHT_FILES.map((name) => join(dir, name)));
  if (found !== null) await checkWithinFolder(dir, found);
  return found;
}

/**
 * Null for a folder without `config.json`.
 *
 * @param given the file with the tensors, where it is not the usual one of the folder
 * @throws ConvertError `HUB_FOLDER_INVALID`; FileError
 */
export async function readHubFolder(dir: string, given?: string): Promise<HubFolder | null> {
  const config = await readJson(join(dir, CONFIG), configSchema);
  if (config === null) return null;
  const isConvolutional = RELU_TYPES.includes(config.model_type ?? 'resnet');
  if ((isConvolutional && (config.hidden_act ?? 'relu') !== 'relu') || config.downsample_in_bottleneck === true) {
    throw new ConvertError('HUB_FOLDER_INVALID', `${dir}: config.json asks for layers that no known backbone has`, {
      hint: 'hidden_act other than relu, or downsample_in_bottleneck, is not converted.',
    });
  }
  const file = given ?? (await weightsFileIn(dir));
  if (file === null) {
    throw new ConvertError(
      'HUB_FOLDER_INVALID',
      `${dir}: has a config.json, but neither ${WEIGHT_FILES.join(' nor ')}`,
    );
  }
  const processor = await readJson(join(dir, PROCESSOR), processorSchema);
  const { preprocessing, assumed } = preprocessingOf(processor, config);
  const channelOrder = processor?.do_flip_channel_order === true ? 'bgr' : undefined;
  return { file, classes: namesOf(config.id2label), preprocessing, channelOrder, hints: hintsOf(config), assumed };
}

function hintsOf(config: z.infer<typeof configSchema>): Hints {
  const { architecture, model_type: type } = config;
  if (architecture !== undefined) return { library: 'timm', architecture, config };
  return type === undefined ? {} : { library: 'transformers', architecture: type, config };
}

function preprocessingOf(
  processor: z.infer<typeof processorSchema> | null,
  { pretrained_cfg: timm }: z.infer<typeof configSchema>,
): FolderPreprocessing {
  if (processor !== null) return fromProcessor(processor);
  return { preprocessing: timm === undefined ? {} : fromTimm(timm), assumed: [] };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  if ((await firstThere([path])) === null) return null;
  await checkWithinFolder(dirname(path), path);
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

/** Class names by their numbers; undefined where a number is missing. */
function namesOf(labels: Readonly<Record<string, string>> | undefined): string[] | undefined {
  if (labels === undefined) return undefined;
  const names = Array.from({ length: Object.keys(labels).length }, (_, i) => labels[String(i)]);
  const all = names.filter((name) => name !== undefined);
  return all.length === names.length ? all : undefined;
}
