/** Converts a checkpoint file to a weights folder or an ONNX file: read, recognise, describe, write. */
import { basename } from 'node:path';
import { quoted } from '../errors/index.js';
import { backbone, buildGraph, type NetworkSpec } from '../graph/backbones/index.js';
import { resolveTap } from '../graph/index.js';
import { type ModelConfig, type StorageType, writeWeights } from '../weights/index.js';
import { ConvertError } from './convert-error.js';
import { choosePreprocessing, type PreprocessingOptions } from './preprocessing.js';
import { type Checkpoint, type CheckpointFormat, readCheckpoint } from './state-dict/read-checkpoint.js';
import { recognise } from './state-dict/recognise.js';
import type { CheckpointTensor } from './state-dict/tensors.js';
import { converterVersion } from './version.js';
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
export interface ConvertOptions extends PreprocessingOptions {
  /** torchvision's name of the backbone; default: recognised from the tensors. */
  backbone?: string | undefined;
  /** One name for each output of the network; default: `class_0`, `class_1`, …. */
  classes?: readonly string[] | undefined;
  /** Module path of the embedding; default: the backbone's usual one. */
  tap?: string | undefined;
  /** How tensors are stored; default: float32. */
  dtype?: StorageType | undefined;
  /** Replace an existing weights folder. */
  overwrite?: boolean | undefined;
  /** Also write the model to this ONNX file, always as float32. An existing file is replaced. */
  onnx?: string | undefined;
}

/** What a checkpoint contains. */
export interface ConvertedModel {
  /** The model's configuration, as stored with the weights. */
  config: ModelConfig;
  /** The format of the checkpoint file. */
  format: CheckpointFormat;
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
 * @param path checkpoint file: written by `torch.save` (any version) or safetensors. Nothing in it is executed.
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
  format: CheckpointFormat;
  tensors: Map<string, CheckpointTensor>;
}

async function readModel(path: string, options: ConvertOptions): Promise<Model> {
  const checkpoint = await readCheckpoint(path);
  const label = basename(path);
  const tensors = inferenceTensors(checkpoint.tensors, label);
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const network = recognise(shapes, { backbone: options.backbone, label });
  return { config: describe(checkpoint, network, label, options), format: checkpoint.format, tensors };
}

/** The tensors without the counters that only training uses, in the checkpoint's order. */
function inferenceTensors(all: Checkpoint['tensors'], label: string): Map<string, CheckpointTensor> {
  const tensors = new Map([...all].filter(([name]) => !name.endsWith('.num_batches_tracked')));
  for (const [name, { dtype }] of tensors) {
    if (dtype.includes('float')) continue;
    throw new ConvertError(
      'TENSOR_INVALID',
      `${label}: tensor ${name} is of type ${dtype}, weights are floating-point`,
    );
  }
  return tensors;
}

function describe(checkpoint: Checkpoint, network: NetworkSpec, label: string, options: ConvertOptions): ModelConfig {
  const { name, defaultTap, preprocessing } = backbone(network.backbone);
  const tap = options.tap ?? defaultTap(network.head);
  resolveTap(buildGraph(network), tap);
  return {
    backbone: name,
    head: [...network.head],
    classes: chooseClasses(network.classes, options.classes, label),
    preprocessing: choosePreprocessing(preprocessing, options),
    tap,
    provenance: { source: label, sha256: checkpoint.sha256, converter: converterVersion },
  };
}

function chooseClasses(outputs: number, names: readonly string[] | undefined, label: string): string[] {
  if (names === undefined) return Array.from({ length: outputs }, (_, i) => `class_${i}`);
  if (names.length !== outputs) {
    throw new ConvertError(
      'CLASSES_MISMATCH',
      `${label}: ${names.length.toLocaleString('en')} class names given, the network has ` +
        `${outputs.toLocaleString('en')} outputs`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConvertError('CLASSES_MISMATCH', `the class name ${quoted(twice)} is there twice`);
  return [...names];
}
