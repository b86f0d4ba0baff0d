/** The whole way from a checkpoint file to a weights folder or an ONNX file: read, recognise, describe, write. */
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

export interface ConvertOptions extends PreprocessingOptions {
  /** torchvision's name; default: recognised. */
  backbone?: string | undefined;
  /** One name for each output of the network; default: `class_0`, `class_1`, …. */
  classes?: readonly string[] | undefined;
  /** Module path of the embedding; default: the backbone's usual one. */
  tap?: string | undefined;
  /** How tensors are stored; default: float32. */
  dtype?: StorageType | undefined;
  /** Replace a weights folder that is there. */
  overwrite?: boolean | undefined;
  /** Write the model as this ONNX file, too; always float32, and a file that is there is replaced. */
  onnx?: string | undefined;
}

/** What a checkpoint was found to be. */
export interface ConvertedModel {
  config: ModelConfig;
  format: CheckpointFormat;
  /** Tensors that inference needs. */
  tensors: number;
}

export interface Converted extends ConvertedModel {
  /** Bytes of all shards. */
  bytes: number;
  /** Names the weights: sha256 of `model.json`. */
  sha256: string;
  /** Null where none was asked for. */
  onnx: OnnxFile | null;
}

export interface ConvertedToOnnx extends ConvertedModel {
  onnx: OnnxFile;
}

/**
 * @param path checkpoint: torch (any age) or safetensors
 * @param outDir a folder that is new, empty, or (with `overwrite`) a weights folder; written whole or not at all, and
 *   with the same bytes for the same checkpoint and options
 * @throws CodedError for everything that a file or an option can be wrong about
 */
export async function convertCheckpoint(
  path: string,
  outDir: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  const { tensors, ...model } = await readModel(path, options);
  const { config } = model;
  // Made before anything is written: a model that is too large for ONNX leaves nothing behind.
  const onnx = options.onnx === undefined ? null : prepareOnnx(config, tensors);
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
 * The same without a weights folder.
 *
 * @throws CodedError for everything that a file or an option can be wrong about
 */
export async function convertToOnnx(
  path: string,
  onnxFile: string,
  options: Omit<ConvertOptions, 'onnx' | 'dtype' | 'overwrite'> = {},
): Promise<ConvertedToOnnx> {
  const { tensors, ...model } = await readModel(path, options);
  return { ...model, tensors: tensors.size, onnx: await writeOnnx(onnxFile, prepareOnnx(model.config, tensors)) };
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

/** Without the counters that only training uses, and in the checkpoint's order. */
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
