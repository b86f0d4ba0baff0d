/** Tells what a file or folder is that image-drift reads or writes. The contents decide; the name only helps. */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import {
  type Checkpoint,
  type CheckpointFormat,
  type ExportedInspection,
  fileFormat,
  inspectExported,
  inspectOnnx,
  inspectTfjs,
  isTfjsModel,
  type OnnxInspection,
  type RecogniseOptions,
  readCheckpoint,
  readHubFolder,
  recogniseCheckpoint,
  type TfjsInspection,
  tfjsModelIn,
  weightsFileIn,
} from '../convert/index.js';
import {
  type CarriedColumn,
  type ColumnChoice,
  IMAGE_EXTENSIONS,
  isImageArray,
  isStdin,
  isTar,
  isUrl,
  NpzFile,
  openEvents,
  readableEventFormat,
  statisticColumn,
} from '../data/index.js';
import { describePlan, openOnnxFile, type PlanDescription, type PlanOptions } from '../engine/index.js';
import { CodedError } from '../errors/index.js';
import { FileError, fileError, RandomAccessFile } from '../files/index.js';
import { parameters } from '../graph/index.js';
import { networkGraph } from '../graph/stored/index.js';
import { type ModelConfig, pythonLine, readWeights } from '../weights/index.js';
import { remoteFiles } from './embed/remote-files.js';
import { type ImagesInspection, inspectImages } from './inspect-images.js';
import { readProfile } from './measure/profiles.js';

export type Inspection =
  | ImagesInspection
  | {
      kind: 'checkpoint';
      format: CheckpointFormat;
      sha256: string;
      /** The network; null if the tensors belong to no known backbone, and `reason` says why. */
      network: { backbone: string; head: readonly number[]; classes: number } | null;
      reason: string | null;
      tensors: { name: string; dtype: string; shape: readonly number[] }[];
    }
  | ({ kind: 'onnx' } & Omit<OnnxInspection, 'layers'>)
  | ({ kind: 'exported-program' } & Omit<ExportedInspection, 'layers'>)
  | ({ kind: 'tfjs-model' } & Omit<TfjsInspection, 'layers'>)
  | {
      kind: 'weights';
      sha256: string;
      config: ModelConfig;
      tensors: number;
      /** Number of values in all tensors. */
      parameters: number;
      /** The preprocessing as a line of Python; null for networks of four channels. */
      python: string | null;
    }
  | { kind: 'arrays'; arrays: { name: string; dtype: string; shape: readonly number[]; fortran_order: boolean }[] }
  | {
      kind: 'events';
      format: string;
      /** Number of rows; null if it takes reading to the end to know. */
      rows: number | null;
      dimensions: number;
      classes: readonly string[];
      tap: string | null;
      weights_sha256: string | null;
      columns: string[];
      /** Columns that have no meaning here, and their types. */
      carried: readonly CarriedColumn[];
    }
  | {
      kind: 'profile';
      rows: number;
      dimensions: number;
      clusters: number;
      counts: readonly number[];
      tap: string | null;
      weights_sha256: string | null;
    };

/** As long as the header of a tar. */
const SNIFF_BYTES = 512;
/** The upper half of a length that fits 32 bits, and the beginning of a JSON object. No other format has zeros there. */
const SAFETENSORS = '\0\0\0\0{';

/**
 * @param path a file or folder, or the URL of images
 * @param choice which columns of events are embeddings and scores, where the file does not say
 * @param cache folder in which files of URLs are kept. Default: nothing is kept
 * @throws the coded errors of whatever the path turns out to be
 */
export async function inspect(path: string, choice: ColumnChoice = {}, cache?: string): Promise<Inspection> {
  if (isStdin(path)) return inspectImages(path, cache);
  if (isUrl(path)) return inspectUrl(path, cache);
  const { isFolder, head } = await sniff(path);
  if (isFolder) return inspectFolder(path);
  const text = Buffer.from(head).toString('latin1');
  // First, since the length of its header may begin like any of the others.
  if (text.slice(4, 9) === SAFETENSORS) return inspectCheckpoint(path);
  if (isTar(head) || isImageFile(path)) return inspectImages(path);
  if (text.startsWith('\u0093NUMPY')) return inspectArrays(path);
  const format = await fileFormat(path);
  if (format === 'exported-program') return inspectProgram(path);
  if (text.startsWith('PK')) return inspectZip(path, choice);
  if (text.startsWith('PAR1') || text.startsWith('ARROW1') || isEventFile(path)) return inspectEvents(path, choice);
  if (await isTfjsModel(path)) return inspectTfjsModel(path);
  if (text.trimStart().startsWith('{')) return inspectProfile(path);
  if (format === 'onnx') return inspectOnnxFile(path);
  return inspectCheckpoint(path);
}

/**
 * Shows how image-drift's own kernels would run the model of a weights folder.
 *
 * @throws WeightsError if the folder has no weights, EngineError if the options do not fit the model
 */
export async function inspectPlan(path: string, options: PlanOptions): Promise<PlanDescription> {
  return describePlan(await readWeights(path), options);
}

/** At URLs there are images: files of them, or an array. */
async function inspectUrl(url: string, cache: string | undefined): Promise<Inspection> {
  if (!(await isImageArray([url]))) return inspectImages(url, cache);
  const remote = remoteFiles({ cache });
  try {
    return await inspectArraysOf(await NpzFile.in(await remote.open(url)));
  } finally {
    await remote.close();
  }
}

async function sniff(path: string): Promise<{ isFolder: boolean; head: Uint8Array }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => {
      throw fileError(path, error);
    },
  );
  if (isFolder) return { isFolder, head: new Uint8Array(0) };
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size === 0) throw new FileError('FILE_EMPTY', `${path}: is empty, 0 bytes`);
    return { isFolder, head: await file.read(0, Math.min(SNIFF_BYTES, file.size)) };
  } finally {
    await file.close();
  }
}

/** Weights, a model of Hugging Face, or images. What is none of them gets the error of weights, which most folders here are. */
async function inspectFolder(path: string): Promise<Inspection> {
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return inspectTfjsModel(tfjs);
  if (await isThere(join(path, 'model.json'))) return inspectWeights(path);
  const tensors = (await isThere(join(path, 'config.json'))) ? await weightsFileIn(path) : null;
  if (tensors !== null) return inspectHubFolder(path);
  return orElse('IMAGES_NONE', inspectImages(path), () => inspectWeights(path));
}

async function inspectHubFolder(path: string): Promise<Inspection> {
  const { file, hints } = (await readHubFolder(path))!;
  return (await fileFormat(file)) === 'onnx' ? inspectOnnxFile(file) : inspectCheckpoint(file, hints);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** The other where the first ends with this error. */
async function orElse<T>(code: string, first: Promise<T>, other: () => Promise<T>): Promise<T> {
  try {
    return await first;
  } catch (error) {
    if (error instanceof CodedError && error.code === code) return other();
    throw error;
  }
}

/** By its name: its content may be broken, which is what is to be told. */
function isImageFile(path: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(path).toLowerCase());
}

/** Formats that do not begin with a word of their own. */
function isEventFile(path: string): boolean {
  return ['.csv', '.jsonl', '.ndjson', '.arrow', '.ipc', '.feather'].includes(extname(path).toLowerCase());
}

/** Torch checkpoints and npz files are both zips; only an npz has nothing but arrays in it. */
async function inspectZip(path: string, choice: ColumnChoice): Promise<Inspection> {
  const npz = await NpzFile.open(path).catch((error: unknown) => {
    if (error instanceof CodedError && error.code.startsWith('NPZ_')) return null;
    throw error;
  });
  if (npz === null) return orElse('IMAGES_NONE', inspectImages(path), () => inspectCheckpoint(path));
  const isAsked = choice.embeddingColumn !== undefined;
  const hasEmbeddings = isAsked || (npz.has('embeddings') && (npz.has('scores') || npz.has('event_id')));
  await npz.close();
  return hasEmbeddings && extname(path) === '.npz' ? inspectEvents(path, choice) : inspectArrays(path);
}

async function inspectCheckpoint(path: string, hints?: RecogniseOptions['hints']): Promise<Inspection> {
  const checkpoint = await readCheckpoint(path);
  const { format, sha256, tensors } = checkpoint;
  const { network, reason } = recognised(checkpoint, { label: path, hints });
  const listed = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  return { kind: 'checkpoint', format, sha256, network, reason, tensors: listed };
}

async function inspectOnnxFile(path: string): Promise<Inspection> {
  const { layers, ...found } = await inspectOnnx(path, openOnnxFile);
  return { kind: 'onnx', ...found };
}

async function inspectProgram(path: string): Promise<Inspection> {
  const { layers, ...found } = await inspectExported(path);
  return { kind: 'exported-program', ...found };
}

async function inspectTfjsModel(path: string): Promise<Inspection> {
  const { layers, ...found } = await inspectTfjs(path);
  return { kind: 'tfjs-model', ...found };
}

function recognised(checkpoint: Checkpoint, options: RecogniseOptions) {
  try {
    const { backbone, head, classes } = recogniseCheckpoint(checkpoint, options).network;
    return { network: { backbone, head, classes }, reason: null };
  } catch (error) {
    if (error instanceof CodedError) return { network: null, reason: error.message };
    throw error;
  }
}

async function inspectWeights(path: string): Promise<Inspection> {
  const { sha256, config, tensors } = await readWeights(path);
  const graph = networkGraph(config);
  const sizes = [...parameters(graph).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  const count = sizes.reduce((a, b) => a + b, 0);
  const python = pythonLine(config.preprocessing);
  return { kind: 'weights', sha256, config, tensors: tensors.size, parameters: count, python };
}

async function inspectArrays(path: string): Promise<Inspection> {
  return inspectArraysOf(await NpzFile.open(path));
}

/** Closes the file. */
async function inspectArraysOf(npz: NpzFile): Promise<Inspection> {
  try {
    const arrays = [];
    for (const name of npz.names) {
      const array = await npz.array(name);
      await array.close();
      const { type, shape, fortranOrder } = array.header;
      arrays.push({ name, dtype: type.descr, shape, fortran_order: fortranOrder });
    }
    return { kind: 'arrays', arrays };
  } finally {
    await npz.close();
  }
}

/** A table without embeddings may be one of images. */
async function inspectEvents(path: string, choice: ColumnChoice): Promise<Inspection> {
  try {
    return await inspectEventTable(path, choice);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'EVENTS_NO_EMBEDDINGS') throw error;
    return inspectImages(path).catch(() => {
      throw error;
    });
  }
}

async function inspectEventTable(path: string, choice: ColumnChoice): Promise<Inspection> {
  const events = await openEvents(path, choice);
  try {
    const { schema, rows } = events;
    const optional: [boolean, string][] = [
      [schema.hasTargets, 'target'],
      [schema.hasImageUrls, 'image_url'],
      [schema.hasTimestamps, 'timestamp'],
      [schema.hasEventIds, 'event_id'],
    ];
    const columns = optional.filter(([has]) => has).map(([, name]) => name);
    return {
      kind: 'events',
      format: readableEventFormat(path),
      rows,
      dimensions: schema.dimensions,
      classes: schema.classes,
      tap: schema.tap,
      weights_sha256: schema.weightsSha256,
      columns: [
        'embeddings',
        ...schema.classes,
        ...columns,
        ...schema.statistics.map(statisticColumn),
        ...schema.extraTaps.keys(),
      ],
      carried: schema.carried ?? [],
    };
  } finally {
    await events.close();
  }
}

async function inspectProfile(path: string): Promise<Inspection> {
  const { rows, dimensions, centroids, counts, tap, weightsSha256 } = await readProfile(path);
  return { kind: 'profile', rows, dimensions, clusters: centroids.rows, counts, tap, weights_sha256: weightsSha256 };
}
