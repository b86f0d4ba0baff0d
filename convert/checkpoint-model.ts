/** A checkpoint as a model: the network that its tensors show, with what options say of it. */
import { basename, isSame } from '#platform';
import {
  backbone,
  backboneNames,
  buildGraph,
  familyOf,
  headModule,
  imagenetPreprocessing,
  type NetworkSpec,
  type Resized,
  usualTap,
} from '../graph/backbones/index.js';
import { resolveTap } from '../graph/index.js';
import { type Body, type ModelConfig, type Preprocessing, type Provenance, packageVersion } from '../weights/index.js';
import { chooseClasses, isOneLogit, ONE_CLASS } from './changed-networks.js';
import { ConvertError } from './convert-error.js';
import { choosePreprocessing, hasGeometry } from './preprocessing.js';
import type { ModelOptions, ReadModel } from './read-model.js';
import { aliasOf, type Recognised } from './recognition/assemble.js';
import type { RecogniseOptions } from './recognition/head.js';
import { recognise } from './recognition/recognise.js';
import { joinedData, partData } from './recognition/shapes.js';
import { type Checkpoint, readCheckpoint } from './state-dict/read-checkpoint.js';
import type { CheckpointTensor } from './state-dict/tensors.js';

/** @throws ConvertError if it is not a checkpoint of a known network, or if an option does not fit the network */
export async function readCheckpointModel(
  path: string,
  options: ModelOptions,
  assumed: readonly string[] = [],
): Promise<ReadModel> {
  const checkpoint = await readCheckpoint(path);
  const label = options.source ?? basename(path);
  const found = recogniseCheckpoint(checkpoint, { ...options, label });
  found.assumed.push(...assumed);
  const { multiLabel: isMultiLabel = false } = options;
  if (found.network.classes === 1 && !isMultiLabel && options.classes === undefined) found.assumed.push(ONE_CLASS);
  checkChannels(found, label);
  found.assumed.push(...assumedPixels(found, options));
  const preprocessing = preprocessingOf(found, options);
  const resized = fitToImages(found, preprocessing.size, label);
  const tensors = takeTensors(checkpoint, found, label);
  for (const [name, change] of resized?.tensors ?? []) {
    tensors.set(name, { ...tensors.get(name)!, ...change(tensors.get(name)!) });
  }
  const fitted = resized === null ? found : withResized(found, resized);
  const oneLogit = !isMultiLabel && isOneLogit(found.network.classes, options.classes);
  return {
    config: describe(checkpoint, fitted, label, { ...options, preprocessing, oneLogit }),
    format: checkpoint.format,
    tensors,
    isOneLogit: oneLogit,
    isMultiLabel,
  };
}

function bodyOf({ body, backbone: name }: NetworkSpec): Body {
  return body ?? backbone(name).body;
}

function preprocessingOf(found: Recognised, options: ModelOptions): Preprocessing {
  return choosePreprocessing(usualPreprocessing(found), options, found.network.channels ?? 3);
}

/** The library's for networks of this family. */
function usualPreprocessing({ network }: Recognised): Preprocessing {
  const body = bodyOf(network);
  const { backbone: name } = network;
  return familyOf(body).preprocessing(backboneNames().includes(name) ? name : null, body);
}

/** What of the preprocessing nobody has said, neither by hand nor in a folder. */
function assumedPixels(found: Recognised, options: ModelOptions): string[] {
  const { mean, std } = options;
  const { channels = 3 } = found.network;
  const usual = usualPreprocessing(found);
  const isImagenet = usual.mean.join() === imagenetPreprocessing.mean.join();
  const values = isImagenet ? "ImageNet's" : `${usual.mean.join(' ')} and ${usual.std.join(' ')}`;
  const whose =
    channels === 3 ? values : `ImageNet's average, of ${channels === 1 ? 'the one channel' : 'each channel'}`;
  return [
    ...(mean === undefined || std === undefined
      ? [`mean and std are ${whose}, which a checkpoint does not say (--mean, --std)`]
      : []),
    ...(hasGeometry(options)
      ? []
      : ['size, resize and crop are the usual ones, which a checkpoint does not say (--size, --resize, --crop)']),
  ];
}

/**
 * What changes for images of another size than that of the tensors; null: nothing.
 * @throws ConvertError `PREPROCESSING_INVALID` for a size that the network cannot take
 */
function fitToImages({ network, spelling }: Recognised, size: readonly [number, number] | null, label: string) {
  const body = bodyOf(network);
  const family = familyOf(body);
  const side = family.side(body);
  if (side === null) {
    checkLaidOut(body, size, label);
    return null;
  }
  if (size?.every((length) => length === side)) return null;
  const resized = size !== null && size[0] === size[1] ? family.resized(body, size[0], spelling.library) : null;
  if (resized !== null) return resized;
  const message = `${label}: is for images of ${side}×${side}, the preprocessing gives ${size?.join('×') ?? 'any size'}`;
  throw new ConvertError('PREPROCESSING_INVALID', message, {
    hint: `Leave --size out, give --size ${side}, or a square of whole patches.`,
  });
}

/** @throws ConvertError `PREPROCESSING_INVALID` for a network that is laid out for another size of images only */
function checkLaidOut(body: Body, size: readonly [number, number] | null, label: string): void {
  const family = familyOf(body);
  const usual = family.usualSide(body);
  const unfit =
    size === null
      ? `is ${family.title}, which is laid out for one size of images`
      : family.misfit(body, { height: size[0], width: size[1] });
  if (usual === null || unfit === null) return;
  throw new ConvertError('PREPROCESSING_INVALID', `${label}: ${unfit}`, {
    hint: `Give --size, for instance --size ${usual}.`,
  });
}

function withResized(found: Recognised, { body, told }: Resized): Recognised {
  return { ...found, network: { ...found.network, body }, assumed: [...found.assumed, told] };
}

/** Recognises the network in a checkpoint by the full names of its tensors. */
export function recogniseCheckpoint({ prefix, tensors }: Checkpoint, options: RecogniseOptions): Recognised {
  const all = [...tensors].filter(([, tensor]) => !isCounter(tensor));
  const shapes = new Map(all.map(([name, { shape }]) => [prefix + name, shape]));
  const valuesOf = (name: string) => tensors.get(name.slice(prefix.length))!.data;
  return recognise(shapes, { ...options, same: (a, b) => isSame(valuesOf(a), valuesOf(b)) });
}

/** A whole number, such as how many batches were averaged: no network computes with it. */
function isCounter({ dtype, data }: CheckpointTensor): boolean {
  return data.length === 1 && !dtype.includes('float');
}

const CHANNELS: readonly number[] = [1, 3, 4];

function checkChannels({ network }: Recognised, label: string): void {
  const { channels = 3 } = network;
  if (!CHANNELS.includes(channels)) {
    const message = `${label}: its first convolution takes ${channels.toLocaleString('en')} channels, images have 1 (gray), 3 (RGB) or 4`;
    throw new ConvertError('CHANNELS_NOT_SUPPORTED', message);
  }
}

function takeTensors(checkpoint: Checkpoint, found: Recognised, label: string): Map<string, CheckpointTensor> {
  const taken = new Map<string, CheckpointTensor>();
  for (const [usual, { names, shape, parts = names.map((name) => ({ name })) }] of found.tensors) {
    const sources = names.map((name) => floatTensor(checkpoint, name, label));
    const data = parts.map((part, i) => partData(sources[i]!.data, sources[i]!.shape, part));
    taken.set(usual, { dtype: sources[0]!.dtype, shape, data: joinedData(data) });
  }
  return taken;
}

/** @param name with its prefix @throws ConvertError `TENSOR_INVALID` */
function floatTensor({ tensors, prefix }: Checkpoint, name: string, label: string): CheckpointTensor {
  const tensor = tensors.get(name.slice(prefix.length))!;
  if (tensor.dtype.includes('float')) return tensor;
  const message = `${label}: tensor ${name} is of type ${tensor.dtype}, weights are floating-point`;
  throw new ConvertError('TENSOR_INVALID', message);
}

interface Description extends Omit<ModelOptions, 'size'> {
  preprocessing: Preprocessing;
  oneLogit: boolean;
}

function describe(checkpoint: Checkpoint, found: Recognised, label: string, options: Description): ModelConfig {
  const { backbone: name, body, head, headLayers, classes } = found.network;
  return {
    backbone: name,
    ...(body === undefined ? {} : { body }),
    head: [...head],
    ...(headLayers === undefined ? {} : { headLayers: [...headLayers] }),
    classes: chooseClasses(options.oneLogit ? 2 : classes, options.classes, label),
    preprocessing: options.preprocessing,
    tap: chooseTap(found, options.tap),
    provenance: provenanceOf(checkpoint, found, label, options.ignore ?? []),
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

/** Nothing beside source, sha256 and version for a checkpoint that is torchvision's. */
function provenanceOf(
  checkpoint: Checkpoint,
  found: Recognised,
  label: string,
  ignored: readonly string[],
): Provenance {
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
    ...(ignored.length === 0 ? {} : { ignored: [...ignored] }),
  };
}
