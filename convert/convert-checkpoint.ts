/** Converts a checkpoint file to a weights folder or an ONNX file: read, recognise, describe, write. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { backbone, backboneNames, buildGraph, familyOf, headModule, usualTap } from '../graph/backbones/index.js';
import { resolveTap } from '../graph/index.js';
import {
  type ModelConfig,
  type Provenance,
  packageVersion,
  type StorageType,
  type Tensor,
  writeWeights,
} from '../weights/index.js';
import { chooseClasses } from './class-names.js';
import { ConvertError } from './convert-error.js';
import { readExportedModel } from './exported-model.js';
import { isExportedProgram } from './exported-program/file/archive.js';
import { type HubFolder, readHubFolder } from './hub-folder.js';
import { isOnnxFile } from './onnx/file/read-onnx.js';
import { type NetworkFormat, readOnnxModel } from './onnx-model.js';
import { choosePreprocessing, type PreprocessingOptions } from './preprocessing.js';
import { aliasOf } from './recognition/aliases.js';
import { type Recognised, type RecogniseOptions, recognise } from './recognition/recognise.js';
import { type Checkpoint, type CheckpointFormat, readCheckpoint } from './state-dict/read-checkpoint.js';
import type { CheckpointTensor } from './state-dict/tensors.js';
import { type OnnxFile, prepareOnnx, writeOnnx } from './write-onnx.js';

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
export interface ConvertOptions extends PreprocessingOptions, Omit<RecogniseOptions, 'label' | 'same'> {
  /** One name for each output of the network; default: `class_0`, `class_1`, …. */
  classes?: readonly string[] | undefined;
  /** Module path of the embedding; default: the backbone's usual one. */
  tap?: string | undefined;
  /** How tensors are stored; default: float32. */
  dtype?: StorageType | undefined;
  /** Replace an existing weights folder. */
  overwrite?: boolean | undefined;
  /**
   * Folder with the `config.json` and `preprocessor_config.json` that describe the checkpoint, for a file that lies
   * elsewhere. Default: the checkpoint itself, where it is such a folder.
   */
  describedIn?: string | undefined;
  /** What the checkpoint is called in messages and in the weights; default: the last part of its path. */
  source?: string | undefined;
  /** Also write the model to this ONNX file, always as float32. An existing file is replaced. */
  onnx?: string | undefined;
}

/** What a checkpoint contains. */
export interface ConvertedModel {
  /** The model's configuration, as stored with the weights. */
  config: ModelConfig;
  /** The format of the checkpoint file. */
  format: CheckpointFormat | NetworkFormat;
  /** Number of tensors that inference needs. */
  tensors: number;
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
  /** sha256 of `model.json`, which identifies the weights. */
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
 * @param path checkpoint file: written by `torch.save` (any version), `torch.export.save` or safetensors, or a folder as
 *   Hugging Face keeps models. Nothing in it is executed.
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
  const { tensors, ...model } = await readModel(path, options);
  const { config } = model;
  // Prepared before anything is written, so a model that is too large for ONNX leaves no files behind.
  const onnx = options.onnx === undefined ? null : await prepareOnnx(config, tensors);
  const { sha256, bytes } = await writeWeights(
    outDir,
    { config, tensors },
    { dtype: options.dtype ?? 'float32', overwrite: options.overwrite ?? false },
  );
  return {
    ...model,
    tensors: tensors.size,
    bytes,
    sha256,
    onnx: onnx === null ? null : await writeOnnx(options.onnx!, onnx),
  };
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
  const { tensors, ...model } = await readModel(path, options);
  return { ...model, tensors: tensors.size, onnx: await writeOnnx(onnxFile, await prepareOnnx(model.config, tensors)) };
}

interface Model {
  config: ModelConfig;
  format: ConvertedModel['format'];
  tensors: Map<string, Tensor>;
}

async function readModel(path: string, given: ConvertOptions): Promise<Model> {
  const folder = await descriptionOf(path, given);
  const options = folder === null ? given : withFolder(given, folder);
  const file = folder?.file ?? path;
  if (await isOnnxFile(file)) return readOnnxModel(file, options);
  if (await isExportedProgram(file)) return readExportedModel(file, options);
  const checkpoint = await readCheckpoint(file);
  const label = given.source ?? basename(path);
  const found = recogniseCheckpoint(checkpoint, { ...options, label });
  found.assumed.push(...(folder?.assumed ?? []));
  checkChannels(found, options, label);
  const { format } = checkpoint;
  return {
    config: describe(checkpoint, found, label, options),
    format,
    tensors: takeTensors(checkpoint, found, label),
  };
}

async function descriptionOf(path: string, { describedIn }: ConvertOptions): Promise<HubFolder | null> {
  if (await isFolder(path)) return readHubFolder(path);
  return describedIn === undefined ? null : readHubFolder(describedIn, path);
}

/** What is said by hand goes before what stands in a folder of Hugging Face. Size, resize and crop belong together. */
function withFolder(given: ConvertOptions, { classes, preprocessing, hints }: HubFolder): ConvertOptions {
  const { size, resize, mode, crop, ...others } = preprocessing;
  const hasGeometry = given.size !== undefined || given.resize !== undefined || given.crop !== undefined;
  const isResized = hasGeometry ? given.resize != null : true;
  return {
    ...given,
    ...(hasGeometry ? {} : { size, resize, mode: given.mode ?? mode, crop }),
    classes: given.classes ?? classes,
    hints: given.hints ?? hints,
    interpolation: given.interpolation ?? (isResized ? others.interpolation : undefined),
    cropRounding: given.cropRounding ?? others.cropRounding,
    orientation: given.orientation ?? others.orientation,
    mean: given.mean ?? others.mean,
    std: given.std ?? others.std,
  };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Recognises the network in a checkpoint by the full names of its tensors. */
export function recogniseCheckpoint({ prefix, tensors }: Checkpoint, options: RecogniseOptions): Recognised {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [prefix + name, shape]));
  const valuesOf = (name: string) => tensors.get(name.slice(prefix.length))!.data;
  return recognise(shapes, { ...options, same: (a, b) => isDeepStrictEqual(valuesOf(a), valuesOf(b)) });
}

/** How many channels images may have. */
const CHANNELS: readonly number[] = [1, 3, 4];

function checkChannels({ network, assumed }: Recognised, { mean, std }: ConvertOptions, label: string): void {
  const { channels = 3 } = network;
  if (!CHANNELS.includes(channels)) {
    throw new ConvertError(
      'CHANNELS_NOT_SUPPORTED',
      `${label}: its first convolution takes ${channels.toLocaleString('en')} channels, images have 1 (gray), 3 (RGB) or 4`,
    );
  }
  if (channels !== 3 && (mean === undefined || std === undefined)) {
    assumed.push(
      `mean and std of ${channels === 1 ? 'the one channel' : 'each channel'} are ImageNet's average (--mean, --std)`,
    );
  }
}

/** The network's tensors by their names there. */
function takeTensors(checkpoint: Checkpoint, found: Recognised, label: string): Map<string, CheckpointTensor> {
  const taken = new Map<string, CheckpointTensor>();
  for (const [usual, { names, shape }] of found.tensors) {
    const parts = names.map((name) => {
      const tensor = checkpoint.tensors.get(name.slice(checkpoint.prefix.length))!;
      if (tensor.dtype.includes('float')) return tensor;
      throw new ConvertError(
        'TENSOR_INVALID',
        `${label}: tensor ${name} is of type ${tensor.dtype}, weights are floating-point`,
      );
    });
    taken.set(usual, { dtype: parts[0]!.dtype, shape, data: joined(parts.map(({ data }) => data)) });
  }
  return taken;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const [first, ...rest] = parts;
  if (rest.length === 0) return first!;
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function describe(checkpoint: Checkpoint, found: Recognised, label: string, options: ConvertOptions): ModelConfig {
  const { network } = found;
  const { backbone: name, body, head, headLayers } = network;
  const tap = chooseTap(found, options.tap);
  const known = body ?? backbone(name).body;
  const family = familyOf(known);
  const usual = family.preprocessing(backboneNames().includes(name) ? name : null, known);
  const preprocessing = choosePreprocessing(usual, options, network.channels ?? 3);
  checkSide(family.side(known), preprocessing.size, label);
  return {
    backbone: name,
    ...(body === undefined ? {} : { body }),
    head: [...head],
    ...(headLayers === undefined ? {} : { headLayers: [...headLayers] }),
    classes: chooseClasses(network.classes, options.classes, label),
    preprocessing,
    tap,
    provenance: provenanceOf(checkpoint, found, label),
  };
}

/** A layer by its path in the network, or by that in the checkpoint's own library. @throws GraphError `UNKNOWN_TAP` */
function chooseTap(found: Recognised, asked: string | undefined): string {
  if (asked === undefined) return usualTap(found.network);
  const graph = buildGraph(found.network);
  const tap = graph.modules.has(asked) ? asked : (aliasOf(asked, found) ?? asked);
  resolveTap(graph, tap);
  return tap;
}

/** @throws ConvertError `PREPROCESSING_INVALID` */
function checkSide(side: number | null, size: readonly [number, number] | null, label: string): void {
  if (side === null || size?.every((length) => length === side)) return;
  throw new ConvertError(
    'PREPROCESSING_INVALID',
    `${label}: its positions are for images of ${side}×${side}, the preprocessing gives ${size?.join('×') ?? 'any size'}`,
    { hint: `Leave --size out, or give --size ${side}.` },
  );
}

/** Nothing beside source, sha256 and version for a checkpoint that is torchvision's. */
function provenanceOf(checkpoint: Checkpoint, found: Recognised, label: string): Provenance {
  const { prefix, head, assumed, leftOut } = found;
  const usualHead = head === null || head === prefix + headModule(found.network);
  return {
    source: label,
    sha256: checkpoint.sha256,
    converter: packageVersion,
    ...(prefix === checkpoint.prefix ? {} : { prefix }),
    ...(usualHead ? {} : { head }),
    ...(assumed.length === 0 ? {} : { assumed }),
    ...(leftOut.length === 0 ? {} : { leftOut }),
  };
}
