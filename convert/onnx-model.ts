/** An ONNX file as a model: its network, with preprocessing, class names and embedding of options or the file. */

import * as z from 'zod';
import { join, listFolder } from '#platform';
import { imagenetPreprocessing } from '../graph/backbones/index.js';
import { storedGraph } from '../graph/stored/index.js';
import { type ModelConfig, type Preprocessing, packageVersion, preprocessingSchema } from '../weights/index.js';
import { chooseClasses, isOneLogit, oneOutput } from './changed-networks.js';
import { ConvertError, renamedCodes } from './convert-error.js';
import { openExported } from './exported-program/read-exported.js';
import { type OnnxFileContent, openOnnx } from './onnx/file/read-onnx.js';
import { imageInput } from './onnx/importing/image-input.js';
import { type AsIsNetwork, readAsIs, unsupported } from './onnx/read-as-is.js';
import { hasBoxes, type NetworkFile, type OnnxNetwork, type OnnxOptions, readNetwork } from './onnx/read-network.js';
import { choosePreprocessing, hasGeometry } from './preprocessing.js';
import type { ModelOptions, NetworkFormat, ReadModel } from './read-model.js';
import { isTfjsModel } from './tfjs-model/file/model-json.js';
import { openTfjs } from './tfjs-model/read-tfjs.js';
import { otherSize } from './to-onnx.js';

const CALLED: Readonly<Record<NetworkFormat, string>> = {
  onnx: 'an ONNX file',
  'exported-program': 'an exported program',
  'tfjs-model': 'a model for TensorFlow.js',
};

/** What is taken where a file does not normalise. */
const USUAL_VALUES: Readonly<Record<NetworkFormat, string>> = {
  onnx: "mean and std are ImageNet's",
  'exported-program': "mean and std are ImageNet's",
  'tfjs-model': 'mean is 0 and std is 1: pixels divided by 255',
};

/** Options that say what a state dict leaves open. An ONNX file has its network. */
const STATE_DICT_OPTIONS = ['backbone', 'prefix', 'headActivation', 'stem', 'ignore'] as const;

/** What a file gets that is not converted and may still run as it is. */
const FOR_RUNTIME: ReadonlySet<string> = new Set(['ONNX_NOT_SUPPORTED', 'ONNX_VERSION']);

/** @throws ConvertError as `readNetwork` and `choosePreprocessing`, and `ONNX_OPTION` for an option of state dicts */
export async function readOnnxModel(path: string, options: ModelOptions): Promise<ReadModel> {
  return modelOf('onnx', () => openOnnx(path), options);
}

/** @param open opens the file, once the options fit its format */
export async function modelOf(
  format: NetworkFormat,
  open: () => Promise<NetworkFile>,
  options: ModelOptions,
): Promise<ReadModel> {
  const stray = STATE_DICT_OPTIONS.find((name) => options[name] !== undefined);
  if (stray !== undefined) {
    const message = `${stray} says something about a state dict; ${CALLED[format]} has its network`;
    throw new ConvertError('ONNX_OPTION', message);
  }
  const file = await open();
  try {
    return await describe(format, file, options);
  } finally {
    await file.close();
  }
}

const UNUSED_CLASSES = 'nothing of this file gives scores, so the class names are not used';

async function describe(format: NetworkFormat, file: OnnxFileContent, given: ModelOptions): Promise<ReadModel> {
  const { model, sha256 } = file;
  const { label } = model;
  const own = ownDescription(file);
  const options = { ...given, classes: given.classes ?? own.classes };
  const { channels, size } = imageInput(model);
  const usual = own.preprocessing ?? (format === 'tfjs-model' ? tfjsPreprocessing(size) : usualPreprocessing(size));
  const wanted = choosePreprocessing(usual, options, channels);
  const network = await networkOf(file, given, {
    size: wanted.size ?? undefined,
    tap: options.tap,
    hasClasses:
      options.head === 'none' ? false : options.classes === undefined ? undefined : options.classes.length > 0,
    head: options.head === 'none' ? undefined : options.head,
    multiLabel: options.multiLabel,
    isPooled: options.pool !== undefined && options.pool !== 'none',
    isNormalised: own.preprocessing === null && (given.mean !== undefined || given.std !== undefined),
  });
  checkSize(network, wanted, model);
  const asIs = 'facts' in network ? network : null;
  if (network.tensors.size === 0 && asIs === null) {
    throw new ConvertError('ONNX_OUTPUT', `${label}: its network has no weights, so it cannot be a trained one`);
  }
  const preprocessing = withNormalisation(wanted, network, options);
  const oneLogit =
    asIs === null && !network.isMultiLabel && (network.isProbability || isOneLogit(network.classes, options.classes));
  const { isMultiLabel, notRead = [] } = network;
  if (network.classes === 1 && !oneLogit && !isMultiLabel && options.classes === undefined) throw oneOutput(label);
  const unused = network.classes === 0 && options.classes !== undefined ? [UNUSED_CLASSES] : [];
  const assumed = [...network.assumed, ...unused, ...assumedOf(format, network, options, own.preprocessing !== null)];
  const config: ModelConfig = {
    backbone: format,
    graph: storedGraph(network.graph),
    ...(asIs !== null && { onnxFile: asIs.facts }),
    head: [],
    classes: network.classes === 0 ? [] : chooseClasses(oneLogit ? 2 : network.classes, options.classes, label),
    preprocessing,
    tap: network.tap,
    provenance: {
      source: given.source ?? label,
      sha256,
      converter: packageVersion,
      ...(assumed.length === 0 ? {} : { assumed }),
      ...(notRead.length > 0 && {
        leftOut: [`the outputs ${notRead.join(', ')}${hasBoxes(model.graph) ? ' (boxes and masks are not read)' : ''}`],
      }),
    },
  };
  const read = { config, format, tensors: network.tensors, isOneLogit: oneLogit, file: asIs?.bytes };
  return { ...read, isMultiLabel, thresholds: own.thresholds };
}

/** The network of a file, or the file as it is where operators are not supported and something runs it. */
async function networkOf(
  file: NetworkFile,
  { mean, std, openOnnx }: ModelOptions,
  options: OnnxOptions,
): Promise<OnnxNetwork | AsIsNetwork> {
  try {
    return await readNetwork(file, options);
  } catch (error) {
    const isForRuntime = error instanceof ConvertError && FOR_RUNTIME.has(error.code) && file.bytes !== undefined;
    if (!isForRuntime || openOnnx === undefined) throw error;
    const network = await readAsIs(file, { ...options, open: openOnnx, problem: error });
    if (network.facts.type === 'uint8' && (mean !== undefined || std !== undefined)) {
      const message = `${file.model.label}: takes pixels as bytes, so mean and std change nothing`;
      throw new ConvertError('ONNX_OPTION', message);
    }
    return {
      ...network,
      assumed: [
        `the file runs as it is, on one engine alone, since it ${unsupported(error, file.model)}`,
        ...network.assumed,
      ],
    };
  }
}

/** torchvision's for its usual size and for any size; otherwise images go in as they are. */
function usualPreprocessing([height, width]: readonly [number | null, number | null]): Preprocessing {
  const { size } = imagenetPreprocessing;
  const isUsual = (height === null && width === null) || (height === size?.[0] && width === size[1]);
  if (isUsual) return imagenetPreprocessing;
  const [usualHeight, usualWidth] = size!;
  return { ...imagenetPreprocessing, size: [height ?? usualHeight, width ?? usualWidth], resize: null, crop: null };
}

/** As TensorFlow Hub asks: pixels from 0 to 1, resized whatever the aspect ratio (but with Pillow's filter). */
function tfjsPreprocessing([height, width]: readonly [number | null, number | null]): Preprocessing {
  const [usualHeight, usualWidth] = imagenetPreprocessing.size!;
  const size: [number, number] = [height ?? usualHeight, width ?? usualWidth];
  return { size, resize: size, pillow: 13, crop: null, mean: [0, 0, 0], std: [1, 1, 1] };
}

const classesSchema = z.array(z.string().min(1));
const thresholdsSchema = z.array(z.number().gt(0).lt(1));

/** What image-drift writes into its own ONNX files. Null and undefined for files of others. */
function ownDescription({ model: { producer, metadata } }: OnnxFileContent): {
  preprocessing: Preprocessing | null;
  classes: string[] | undefined;
  thresholds: number[] | undefined;
} {
  if (producer !== 'image-drift') return { preprocessing: null, classes: undefined, thresholds: undefined };
  const preprocessing = preprocessingSchema.safeParse(json(metadata.get('preprocessing')));
  const classes = classesSchema.safeParse(json(metadata.get('classes')));
  const thresholds = thresholdsSchema.safeParse(json(metadata.get('thresholds')));
  return {
    preprocessing: preprocessing.success ? preprocessing.data : null,
    classes: classes.success ? classes.data : undefined,
    thresholds: thresholds.success ? thresholds.data : undefined,
  };
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

/** @throws ConvertError `ONNX_SIZE` for a network of one size that images of another, or of any, would go into */
function checkSize({ size }: OnnxNetwork, wanted: Preprocessing, model: OnnxFileContent['model']): void {
  if (size === null || (wanted.size !== null && wanted.size.join() === size.join())) return;
  throw otherSize(model, size, wanted.size);
}

/** What the file does to pixels goes before ImageNet's numbers. */
function withNormalisation(
  wanted: Preprocessing,
  { normalisation }: OnnxNetwork,
  { mean, std, channelOrder }: ModelOptions,
): Preprocessing {
  if (normalisation === null || (mean !== undefined && std !== undefined)) return wanted;
  const redFirst = (values: number[]) => (channelOrder === 'bgr' ? values.toReversed() : values);
  return { ...wanted, mean: redFirst(normalisation.mean), std: redFirst(normalisation.std) };
}

function assumedOf(format: NetworkFormat, { normalisation, size }: OnnxNetwork, options: ModelOptions, isOwn: boolean) {
  const file = CALLED[format];
  const hasValues = normalisation !== null || isOwn || (options.mean !== undefined && options.std !== undefined);
  const isSized = isOwn || hasGeometry(options);
  return [
    ...(hasValues ? [] : [`${USUAL_VALUES[format]}, which ${file} does not say (--mean, --std)`]),
    ...(normalisation !== null && !isOwn ? ['the normalisation is the one that the file begins with'] : []),
    ...(isSized
      ? []
      : [
          format === 'tfjs-model'
            ? `images are resized to the model's size, whatever their aspect ratio, which ${file} does not say (--resize, --crop)`
            : size === null || size.join() === '224,224'
              ? `resize and crop are torchvision's, which ${file} does not say (--size, --resize, --crop)`
              : `images are ${size.join('×')} already, since ${file} does not say how they are resized (--resize, --crop)`,
        ]),
  ];
}

/** @param path of `model.json` @throws ConvertError `TFJS_…`; FileError */
export async function readTfjsModel(path: string, options: ModelOptions): Promise<ReadModel> {
  const trained: string[] = [];
  const open = async () => {
    const content = await openTfjs(path);
    trained.push(...content.assumed);
    return content;
  };
  const model = await renamedCodes('TFJS', modelOf('tfjs-model', open, options));
  if (trained.length === 0) return model;
  const { provenance } = model.config;
  const assumed = [...(provenance.assumed ?? []), ...trained];
  return { ...model, config: { ...model.config, provenance: { ...provenance, assumed } } };
}

const MODEL_JSON = 'model.json';

/** The `model.json` of a folder with a model for TensorFlow.js; null for all else, our own weights folders too. */
export async function tfjsModelIn(dir: string): Promise<string | null> {
  const entries = await listFolder(dir).catch(() => []);
  const path = join(dir, MODEL_JSON);
  return entries.some(({ name }) => name === MODEL_JSON) && (await isTfjsModel(path)) ? path : null;
}

/** @throws ConvertError `EXPORTED_…`; FileError */
export async function readExportedModel(path: string, options: ModelOptions): Promise<ReadModel> {
  return renamedCodes(
    'EXPORTED',
    modelOf('exported-program', () => openExported(path), options),
  );
}
