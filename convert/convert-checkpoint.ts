/** Converts a checkpoint file to a weights folder or an ONNX file: read, recognise, describe, write. */

import { basename, entryAt, loadAssets, resolve, sep } from '#platform';
import { anything, checkedOptions, type OptionsOf } from '../base/index.js';
import { checkVariances } from '../graph/index.js';
import type { OnnxModel } from '../graph/onnx/index.js';
import { networkGraph } from '../graph/stored/index.js';
import {
  asStored,
  type Checked,
  type ModelConfig,
  type StorageType,
  type Weights,
  type WrittenWeights,
  writeWeights,
} from '../weights/index.js';
import { withRedFirst, withTwoClasses } from './changed-networks.js';
import { readCheckpointModel } from './checkpoint-model.js';
import { ConvertError } from './convert-error.js';
import { withEmbedding } from './embedding.js';
import { type HubFolder, readHubFolder } from './hub-folder.js';
import { readExportedModel, readOnnxModel, readTfjsModel, tfjsModelIn } from './onnx-model.js';
import { refuseFolder } from './other-formats.js';
import { describedFields, fileFormat, type ModelOptions, type NetworkFormat, type ReadModel } from './read-model.js';
import type { CheckpointFormat } from './state-dict/read-checkpoint.js';
import { withLabels } from './thresholds.js';
import { type OnnxFile, prepareOnnx, writeOnnx } from './write-onnx.js';

/**
 * Compares a network with outputs of the program that it comes from. `image-drift/pipeline` makes one of a file
 * (`conversionCheck`), since this room runs no networks.
 *
 * @param dtype how the tensors will be stored; they are as read back from that
 * @throws CodedError `CHECK_FAILED` if the outputs differ
 */
export type CheckConversion = (
  model: Pick<Weights, 'config' | 'tensors' | 'file'>,
  dtype: StorageType,
) => Promise<Checked>;

const checkFields = {
  /** Folder with the `config.json` and `preprocessor_config.json` of a file that lies elsewhere. */
  describedIn: anything<string>(),
  /** Called before anything is written; where it fails, nothing is. Its result is stored with the weights. */
  check: anything<CheckConversion>(),
};

const storeFields = {
  /** How tensors are stored; default: float32. */
  dtype: anything<StorageType>().default('float32'),
  /** Replace an existing weights folder. */
  overwrite: anything<boolean>().default(false),
  /** Also write the model to this ONNX file, always as float32. An existing file is replaced. */
  onnx: anything<string>(),
};

const onnxFields = { ...describedFields, ...checkFields };
const convertFields = { ...onnxFields, ...storeFields };

/**
 * Options of `convertCheckpoint`. By default the backbone is recognised from the tensors, and its preprocessing is
 * torchvision's.
 *
 * @example
 * ```ts
 * import type { ConvertOptions } from 'image-drift';
 *
 * // A CIFAR-10 classifier: 32×32 images, each channel scaled from 0…1 to -1…1.
 * const options: ConvertOptions = {
 *   size: [32, 32],
 *   mean: [0.5],
 *   std: [0.5],
 *   classes: ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
 * };
 * ```
 */
export interface ConvertOptions extends ModelOptions, OptionsOf<typeof checkFields>, OptionsOf<typeof storeFields> {}

/** What a checkpoint contains. */
export interface ConvertedModel {
  /** The model's configuration, as stored with the weights. */
  config: ModelConfig;
  /** The format of the checkpoint file. */
  format: CheckpointFormat | NetworkFormat;
  /** Number of tensors that inference needs. */
  tensors: number;
  /** What `check` found; null without one. */
  checked: Checked | null;
}

/**
 * What `convertCheckpoint` found in a checkpoint and wrote.
 *
 * @example
 * ```ts no_run
 * import { convertCheckpoint, type Converted } from 'image-drift';
 *
 * const converted: Converted = await convertCheckpoint('model.pth', 'weights/model');
 * console.log(`${converted.config.backbone}, ${converted.tensors} tensors, ${converted.bytes} bytes`);
 * ```
 */
export interface Converted extends ConvertedModel {
  /** Total size of all shards, bytes. */
  bytes: number;
  /** sha256 of `model.json` without `checked`, which identifies the weights. */
  sha256: string;
  /** The ONNX file; null if none was requested. */
  onnx: OnnxFile | null;
}

export interface ConvertedToOnnx extends ConvertedModel {
  onnx: OnnxFile;
}

/**
 * Converts a PyTorch checkpoint to a weights folder, from which `Embedder.load` runs the network. The same checkpoint
 * and options give the same bytes. The folder appears whole or not at all.
 *
 * @param path checkpoint file: written by `torch.save` (any version), `torch.export.save` or safetensors, or a folder
 *   as Hugging Face keeps models. Nothing in it is executed.
 * @param outDir folder to write: new, empty, or (with `overwrite`) a weights folder
 * @param options preprocessing, class names, embedding layer and storage type
 * @returns what the checkpoint is, the size of the weights in bytes, and their sha256
 * @throws CodedError if the file is not a checkpoint of a known network, or if an option does not fit the network:
 *   ConvertError `CHECKPOINT_UNKNOWN_FORMAT`, `CLASSES_MISMATCH`, `PREPROCESSING_INVALID`, …; WeightsError; FileError
 *
 * @example
 * ```ts no_run
 * import { convertCheckpoint } from 'image-drift';
 *
 * const { config, sha256 } = await convertCheckpoint('resnet18_cifar10.pth', 'weights/cifar', {
 *   size: [32, 32],
 *   mean: [0.5],
 *   std: [0.5],
 * });
 * console.log(config.backbone, config.tap, sha256); // resnet18 fc.0 9f2c…
 * ```
 */
export async function convertCheckpoint(
  path: string,
  outDir: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  options = checkedOptions('convertCheckpoint', options, convertFields);
  await loadAssets('convert/');
  const { tensors, file, ...model } = await readModel(path, options);
  const { config } = model;
  if (file !== undefined) checkAsIs(options);
  // Prepared before anything is written, so a model that is too large for ONNX leaves no files behind.
  const onnx = options.onnx === undefined ? null : await prepareOnnx(config, tensors);
  const { dtype = 'float32', overwrite = false } = options;
  const checked = await checkedModel({ config, tensors, file }, options, dtype);
  const write = () => writeWeights(outDir, { config, tensors, file, checked }, { dtype, overwrite });
  const written =
    onnx === null ? { weights: await write(), onnx } : await writeBoth(write, outDir, options.onnx!, onnx);
  return { ...model, tensors: tensors.size, checked, ...written.weights, onnx: written.onnx };
}

/** An ONNX file in the weights' folder has to wait until the folder is there. */
async function writeBoth(
  write: () => Promise<WrittenWeights>,
  outDir: string,
  path: string,
  model: OnnxModel,
): Promise<{ weights: WrittenWeights; onnx: OnnxFile }> {
  if (resolve(path).startsWith(resolve(outDir) + sep))
    return { weights: await write(), onnx: await writeOnnx(path, model) };
  let weights: WrittenWeights | null = null;
  const onnx = await writeOnnx(path, model, async () => {
    weights = await write();
  });
  return { weights: weights!, onnx };
}

/**
 * Converts a PyTorch checkpoint to one ONNX file, without a weights folder. The model takes uint8 images `[batch,
 * height, width, 3]` and returns the embedding and the softmax of the classes. Normalisation is inside.
 *
 * @param path checkpoint file: written by `torch.save` (any version) or safetensors
 * @param onnxFile file to write; an existing file is replaced
 * @param options as for `convertCheckpoint`. Tensors are stored as float32.
 * @returns what the checkpoint is, the size of the ONNX file in bytes, and the names of its outputs
 * @throws CodedError as `convertCheckpoint`, and GraphError `ONNX_TOO_LARGE`
 *
 * @example
 * ```ts no_run
 * import { convertToOnnx } from 'image-drift';
 *
 * const { onnx } = await convertToOnnx('resnet18.pth', 'resnet18.onnx');
 * console.log(onnx.bytes, onnx.outputs);
 * ```
 */
export async function convertToOnnx(
  path: string,
  onnxFile: string,
  options: Omit<ConvertOptions, 'onnx' | 'dtype' | 'overwrite'> = {},
): Promise<ConvertedToOnnx> {
  options = checkedOptions('convertToOnnx', options, onnxFields);
  await loadAssets('convert/');
  const { tensors, file, ...model } = await readModel(path, options);
  if (file !== undefined) checkAsIs({ onnx: onnxFile });
  const checked = await checkedModel({ config: model.config, tensors, file }, options, 'float32');
  const onnx = await writeOnnx(onnxFile, await prepareOnnx(model.config, tensors));
  return { ...model, tensors: tensors.size, checked, onnx };
}

/** What is rounded to be stored is compared twice, so that an error says which of the two it comes from. */
async function checkedModel(
  model: Pick<Weights, 'config' | 'tensors' | 'file'>,
  { check }: ConvertOptions,
  dtype: StorageType,
): Promise<Checked | null> {
  if (check === undefined) return null;
  const checked = await check(model, 'float32');
  if (dtype === 'float32') return checked;
  return check({ ...model, tensors: asStored(model.config.provenance.source, model.tensors, dtype) }, dtype);
}

/** @throws ConvertError `ONNX_OPTION` for what a file that runs as it is cannot have */
function checkAsIs({ dtype, onnx }: Pick<ConvertOptions, 'dtype' | 'onnx'>): void {
  const asked = onnx !== undefined ? 'onnx' : dtype !== undefined && dtype !== 'float32' ? `dtype ${dtype}` : null;
  if (asked === null) return;
  throw new ConvertError('ONNX_OPTION', `${asked}: the network is an ONNX file that runs as it is, and stays so`);
}

const NETWORK_READERS: Readonly<Record<NetworkFormat, (path: string, options: ModelOptions) => Promise<ReadModel>>> = {
  onnx: readOnnxModel,
  'exported-program': readExportedModel,
  'tfjs-model': readTfjsModel,
};

async function readModel(path: string, given: ConvertOptions): Promise<ReadModel> {
  const tfjs = await tfjsModelIn(path);
  const folder = tfjs === null ? await descriptionOf(path, given) : null;
  const options = folder === null ? given : withFolder(given, folder);
  const model = await (tfjs === null
    ? readUnturned(path, options, folder)
    : readTfjsModel(tfjs, { ...given, source: given.source ?? basename(path) }));
  checkVariances(model.config.provenance.source, networkGraph(model.config), model.tensors);
  const labelled = await withLabels(model.isOneLogit === true ? withTwoClasses(model) : model, options);
  const whole = withEmbedding(labelled, options);
  return options.channelOrder === 'bgr' ? withRedFirst(whole) : whole;
}

async function readUnturned(path: string, options: ConvertOptions, folder: HubFolder | null): Promise<ReadModel> {
  const file = folder?.file ?? path;
  if (await isFolder(file)) await refuseFolder(file);
  const format = await fileFormat(file);
  if (format !== 'checkpoint') return NETWORK_READERS[format](file, options);
  return readCheckpointModel(file, { ...options, source: options.source ?? basename(path) }, folder?.assumed);
}

async function descriptionOf(path: string, { describedIn }: ConvertOptions): Promise<HubFolder | null> {
  if (await isFolder(path)) return readHubFolder(path);
  return describedIn === undefined ? null : readHubFolder(describedIn, path);
}

/** What is said by hand goes before what stands in a folder of Hugging Face. Size, resize and crop belong together. */
function withFolder(given: ConvertOptions, folder: HubFolder): ConvertOptions {
  const { classes, preprocessing, hints, channelOrder } = folder;
  const multiLabel = given.head === 'none' ? undefined : folder.multiLabel;
  const { size, resize, mode, crop, interpolation, ...others } = preprocessing;
  const hasGeometry = given.size !== undefined || given.resize !== undefined || given.crop !== undefined;
  const geometry = hasGeometry ? {} : { size, resize, mode, crop };
  const filter = !hasGeometry || given.resize != null ? { interpolation } : {};
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...others, ...geometry, ...filter, classes, channelOrder, multiLabel, hints, ...Object.fromEntries(said) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await entryAt(path))?.kind === 'folder';
}
