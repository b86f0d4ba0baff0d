/** A checkpoint as a model: the network that its tensors show, with what options say of it. */
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { backbone, backboneNames, buildGraph, familyOf, headModule, usualTap } from '../graph/backbones/index.js';
import { resolveTap } from '../graph/index.js';
import { type ModelConfig, type Provenance, packageVersion } from '../weights/index.js';
import { chooseClasses } from './class-names.js';
import { ConvertError } from './convert-error.js';
import { choosePreprocessing } from './preprocessing.js';
import type { ModelOptions, ReadModel } from './read-model.js';
import { aliasOf } from './recognition/aliases.js';
import { type Recognised, type RecogniseOptions, recognise } from './recognition/recognise.js';
import { type Checkpoint, readCheckpoint } from './state-dict/read-checkpoint.js';
import type { CheckpointTensor } from './state-dict/tensors.js';

/**
 * @param assumed what was assumed of the checkpoint before it was read
 * @throws ConvertError if it is not a checkpoint of a known network, or if an option does not fit the network
 */
export async function readCheckpointModel(
  path: string,
  options: ModelOptions,
  assumed: readonly string[] = [],
): Promise<ReadModel> {
  const checkpoint = await readCheckpoint(path);
  const label = options.source ?? basename(path);
  const found = recogniseCheckpoint(checkpoint, { ...options, label });
  found.assumed.push(...assumed);
  checkChannels(found, options, label);
  return {
    config: describe(checkpoint, found, label, options),
    format: checkpoint.format,
    tensors: takeTensors(checkpoint, found, label),
  };
}

/** Recognises the network in a checkpoint by the full names of its tensors. */
export function recogniseCheckpoint({ prefix, tensors }: Checkpoint, options: RecogniseOptions): Recognised {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [prefix + name, shape]));
  const valuesOf = (name: string) => tensors.get(name.slice(prefix.length))!.data;
  return recognise(shapes, { ...options, same: (a, b) => isDeepStrictEqual(valuesOf(a), valuesOf(b)) });
}

/** How many channels images may have. */
const CHANNELS: readonly number[] = [1, 3, 4];

function checkChannels({ network, assumed }: Recognised, { mean, std }: ModelOptions, label: string): void {
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

function describe(checkpoint: Checkpoint, found: Recognised, label: string, options: ModelOptions): ModelConfig {
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
