/** A folder of Hugging Face: the tensors, `config.json` and `preprocessor_config.json`, by transformers or by timm. */

import * as z from 'zod';
import { dirname, entryAt, join } from '#platform';
import { shown } from '../base/index.js';
import { checkWithinFolder, isThere, readSmallText } from '../files/index.js';
import type { Hints } from '../graph/backbones/index.js';
import { ConvertError } from './convert-error.js';
import {
  describedBy,
  type FolderPreprocessing,
  fromProcessor,
  fromTimm,
  processorSchema,
  timmSchema,
} from './hub-preprocessing.js';
import { onnxFiles } from './onnx/file/read-onnx.js';
import { tfjsModelIn } from './onnx-model.js';
import type { ChannelOrder, PreprocessingOptions } from './options/index.js';
import { fileFormat } from './read-model.js';
import { classNamed, classProblem, hintsOfClass, knownClass, sizeSaid } from './recognition/library-names.js';
import { isShardIndex, shardsOf } from './state-dict/read-checkpoint.js';
import { tfjsFiles } from './tfjs-model/read-tfjs.js';
import { exportTransformers } from './to-onnx.js';

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

/** As transformers names classes of networks that classify one image. */
const CLASSIFIER = /ForImageClassification$/;

export interface HubFolder {
  /** The file with the tensors. */
  file: string;
  classes: string[] | undefined;
  /** Whether it says that several of them may hold. */
  multiLabel: boolean | undefined;
  preprocessing: PreprocessingOptions;
  /** The order of colours that the folder asks for; undefined: red, green, blue. */
  channelOrder: ChannelOrder | undefined;
  /** What the configuration says about the network. */
  hints: Hints;
  /** What differs from what the folder asks for, one sentence each. */
  assumed: string[];
}

const looseSchema = z.looseObject({});

const configSchema = z.looseObject({
  model_type: z.string().optional(),
  /** timm's name of the network. */
  architecture: z.string().optional(),
  id2label: z.record(z.string(), z.string()).optional(),
  /** What a classifier of transformers was trained for. */
  problem_type: z.string().nullish(),
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
 * @param given the file with the tensors, where it is not the usual one of the folder
 * @throws ConvertError `HUB_FOLDER_INVALID`; FileError
 */
export async function readHubFolder(dir: string, given?: string): Promise<HubFolder | null> {
  const json = await readJson(join(dir, CONFIG), looseSchema);
  if (json === null) return null;
  const file = given ?? (await weightsFileIn(dir));
  if (file === null) {
    const message = `${dir}: has a config.json, but neither ${WEIGHT_FILES.join(' nor ')}`;
    throw new ConvertError('HUB_FOLDER_INVALID', message);
  }
  // A file that has its network needs no class.
  if ((await fileFormat(file)) === 'checkpoint') await checkClass(dir, json);
  const config = parsed(configSchema, json, join(dir, CONFIG));
  const processor = await readJson(join(dir, PROCESSOR), processorSchema);
  const { preprocessing, assumed } = preprocessingOf(processor, config);
  const channelOrder = processor?.do_flip_channel_order === true ? 'bgr' : undefined;
  const hints = hintsOf(config);
  if (hints.library === 'transformers' && hints.className === undefined)
    assumed.push(
      `it is used as transformers' usual class of the type ${hints.architecture}, since config.json names none (architectures)`,
    );
  // A class without a classifier has no names of classes. The name of an unknown class says whether it has one.
  const { className } = hints;
  const hasClasses = className === undefined || hints.classifies !== undefined || CLASSIFIER.test(className);
  return {
    file,
    classes: hasClasses ? namesOf(config.id2label) : undefined,
    multiLabel: hasClasses && config.problem_type === 'multi_label_classification' ? true : undefined,
    preprocessing,
    channelOrder,
    hints,
    assumed,
  };
}

/** @throws ConvertError `ARCHITECTURE_NOT_SUPPORTED` for a class of transformers that is not converted */
async function checkClass(dir: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  const problem = config['architecture'] === undefined ? classProblem(config) : null;
  if (problem === null) return;
  const processor = await readJson(join(dir, PROCESSOR), looseSchema);
  const described = describedBy(processor);
  const flags = [...described.flags, ...classFlags(configSchema.safeParse(config).data?.id2label)].join(' ');
  throw new ConvertError('ARCHITECTURE_NOT_SUPPORTED', `${join(dir, CONFIG)}: ${problem}`, {
    hint: `Export it to ONNX with the two lines of Python below; image-drift convert --check-script transformers prints what writes check.npz. Then run: image-drift convert model.onnx --check check.npz --out FOLDER ${flags}`,
    program: exportTransformers(classNamed(config) ?? 'AutoModel', dir, described.size ?? sizeSaid(config)),
  });
}

function hintsOf(config: z.infer<typeof configSchema>): Hints {
  const { architecture, model_type: type } = config;
  if (architecture !== undefined) return { library: 'timm', architecture, config };
  const className = classNamed(config);
  const known = type ?? (className === null ? undefined : knownClass(className)?.type);
  if (known === undefined) return {};
  return {
    library: 'transformers',
    architecture: known,
    config,
    ...hintsOfClass(className),
  };
}

function preprocessingOf(
  processor: z.infer<typeof processorSchema> | null,
  config: z.infer<typeof configSchema>,
): FolderPreprocessing {
  if (processor !== null) return fromProcessor(processor);
  // timm once had all of it beside the name.
  const older = config.architecture === undefined ? undefined : timmSchema.safeParse(config).data;
  const timm = config.pretrained_cfg ?? older;
  return { preprocessing: timm === undefined ? {} : fromTimm(timm), assumed: [] };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  if ((await firstThere([path])) === null) return null;
  await checkWithinFolder(dirname(path), path);
  const text = await readSmallText(path, MAX_JSON_BYTES, 'a configuration');
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw notKnown(path, error);
  }
}

function parsed<T>(schema: z.ZodType<T>, json: object, path: string): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw notKnown(path, result.error);
}

function notKnown(path: string, cause: unknown): ConvertError {
  const [issue] = cause instanceof z.ZodError ? cause.issues : [];
  const where = issue === undefined ? '' : `: ${shown(issue.path.join('.'))}: ${issue.message}`;
  return new ConvertError('HUB_FOLDER_INVALID', `${path}: is not a configuration that is known here${where}`, {
    cause,
  });
}

async function firstThere(paths: readonly string[]): Promise<string | null> {
  return (await present(paths))[0] ?? null;
}

async function present(paths: readonly string[]): Promise<string[]> {
  const are = await Promise.all(paths.map(isThere));
  return paths.filter((_, i) => are[i]);
}

/** Where a name has none of what a shell reads. */
const PLAIN_NAME = /^[\p{L}\p{N}_.-]+$/u;
/** More names than a line holds are given as a file. */
const MOST_CHARACTERS = 100;

function classFlags(labels: Readonly<Record<string, string>> | undefined): string[] {
  const names = namesOf(labels);
  if (names === undefined) return [];
  const isShort = names.every((name) => PLAIN_NAME.test(name)) && names.join().length <= MOST_CHARACTERS;
  return [`--classes ${isShort ? names.join() : 'FILE (one name a line)'}`];
}

/** Class names by their numbers; undefined where a number is missing. */
function namesOf(labels: Readonly<Record<string, string>> | undefined): string[] | undefined {
  if (labels === undefined) return undefined;
  const names = Array.from({ length: Object.keys(labels).length }, (_, i) => labels[String(i)]);
  const all = names.filter((name) => name !== undefined);
  return all.length === names.length ? all : undefined;
}

/**
 * @param path a checkpoint, or a folder as Hugging Face keeps models
 * @returns paths of the files on which the result depends; without tensors where a folder has none
 * @throws ConvertError `SHARD_INDEX_INVALID`, `ONNX_…`; FileError
 */
export async function checkpointFiles(path: string, describedIn?: string): Promise<string[]> {
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return tfjsFiles(tfjs);
  const isFolder = (await entryAt(path))?.kind === 'folder';
  const folder = isFolder ? path : describedIn;
  const weights = isFolder ? await weightsFileIn(path) : path;
  const descriptions = folder === undefined ? [] : await present(descriptionsIn(folder));
  return [...descriptions, ...(weights === null ? [] : await withParts(weights))];
}

async function withParts(path: string): Promise<string[]> {
  if (isShardIndex(path)) return [path, ...(await shardsOf(path))];
  const format = await fileFormat(path);
  if (format === 'onnx') return onnxFiles(path);
  return format === 'tfjs-model' ? tfjsFiles(path) : [path];
}
