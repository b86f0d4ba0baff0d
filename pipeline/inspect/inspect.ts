/** Tells what a file or folder is that image-drift reads or writes. The contents decide; the name only helps. */
import { extname, join, latin1, statOf } from '#platform';
import { CodedError } from '../../base/index.js';
import { fileFormat, isTfjsModel, readHubFolder, tfjsModelIn, weightsFileIn } from '../../convert/index.js';
import {
  ARROW_EXTENSIONS,
  type ColumnChoice,
  eventFiles,
  IMAGE_EXTENSIONS,
  isImageArray,
  isStdin,
  isTar,
  isUrl,
  NpzFile,
} from '../../data/index.js';
import { FileError, fileError, isThere, RandomAccessFile } from '../../files/index.js';
import { remoteFiles } from '../embed/remote-files.js';
import { readProfile } from '../measure/profiles.js';
import {
  type ArraysInspection,
  type EventsInspection,
  type ImagesInspection,
  inspectArrays,
  inspectArraysOf,
  inspectEvents,
  inspectImages,
} from './data.js';
import {
  type CheckpointInspection,
  inspectCheckpoint,
  inspectNetwork,
  inspectWeights,
  type NetworkInspection,
  type WeightsInspection,
} from './models.js';

/** Formats that do not begin with a word of their own, and Arrow's, which are refused with what to do. */
const TABLES: readonly string[] = ['.csv', '.jsonl', '.ndjson', ...ARROW_EXTENSIONS];
/** As long as the header of a tar. */
const SNIFF_BYTES = 512;
/** The upper half of a length that fits 32 bits, and a JSON object's beginning. Only this format has zeros there. */
const SAFETENSORS = '\0\0\0\0{';

/**
 * @param path a file or folder, or the URL of images @param cache folder for files of URLs; default: nothing is kept
 * @param choice which columns of events are embeddings and scores, where the file does not say
 * @throws the coded errors of whatever the path turns out to be
 */
export async function inspect(path: string, choice: ColumnChoice = {}, cache?: string): Promise<Inspection> {
  if (isStdin(path)) return inspectImages(path, cache);
  if (isUrl(path)) return inspectUrl(path, cache);
  const head = await sniff(path);
  if (head === null) return inspectFolder(path, choice);
  const text = latin1(head);
  // First, since the length of its header may begin like any of the others.
  if (text.slice(4, 9) === SAFETENSORS) return inspectCheckpoint(path);
  const extension = extname(path).toLowerCase();
  // An image by its name: its content may be broken, which is what is to be told.
  if (isTar(head) || IMAGE_EXTENSIONS.includes(extension)) return inspectImages(path);
  if (text.startsWith('\u0093NUMPY')) return inspectArrays(path);
  const format = await fileFormat(path);
  if (format === 'exported-program') return inspectNetwork(format, path);
  if (text.startsWith('PK')) return inspectZip(path, choice);
  const isTable = text.startsWith('PAR1') || text.startsWith('ARROW1') || TABLES.includes(extension);
  if (isTable) return inspectTable(path, choice);
  if (await isTfjsModel(path)) return inspectNetwork('tfjs-model', path);
  if (text.trimStart().startsWith('{')) return inspectProfile(path);
  if (format === 'onnx') return inspectNetwork('onnx', path);
  return inspectCheckpoint(path);
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

/** The first bytes; null of a folder. */
async function sniff(path: string): Promise<Uint8Array | null> {
  const found = await statOf(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  if (found.kind === 'folder') return null;
  const file = await RandomAccessFile.open(path);
  try {
    if (file.size === 0) throw new FileError('FILE_EMPTY', `${path}: is empty, 0 bytes`);
    return await file.read(0, Math.min(SNIFF_BYTES, file.size));
  } finally {
    await file.close();
  }
}

/** Weights, a model of Hugging Face, images, or parts of a table; else the error of weights, which most folders are. */
async function inspectFolder(path: string, choice: ColumnChoice): Promise<Inspection> {
  const tfjs = await tfjsModelIn(path);
  if (tfjs !== null) return inspectNetwork('tfjs-model', tfjs);
  if (await isThere(join(path, 'model.json'))) return inspectWeights(path);
  const tensors = (await isThere(join(path, 'config.json'))) ? await weightsFileIn(path) : null;
  if (tensors !== null) {
    const { file, hints } = (await readHubFolder(path))!;
    return (await fileFormat(file)) === 'onnx' ? inspectNetwork('onnx', file) : inspectCheckpoint(file, hints);
  }
  return orElse<Inspection>('IMAGES_NONE', inspectImages(path), async () =>
    (await eventFiles(path)).length > 0 ? inspectEvents(path, choice) : inspectWeights(path),
  );
}

async function orElse<T>(code: string, first: Promise<T>, other: () => Promise<T>): Promise<T> {
  try {
    return await first;
  } catch (error) {
    if (error instanceof CodedError && error.code === code) return other();
    throw error;
  }
}

/** Torch checkpoints and npz files are both zips; only an npz has nothing but arrays in it. */
async function inspectZip(path: string, choice: ColumnChoice): Promise<Inspection> {
  const npz = await NpzFile.open(path).catch((error: unknown) => {
    if (error instanceof CodedError && error.code.startsWith('NPZ_')) return null;
    throw error;
  });
  if (npz === null) return orElse<Inspection>('IMAGES_NONE', inspectImages(path), () => inspectCheckpoint(path));
  const isAsked = choice.embeddingColumn !== undefined;
  const hasEmbeddings = isAsked || (npz.has('embeddings') && (npz.has('scores') || npz.has('event_id')));
  await npz.close();
  return hasEmbeddings && extname(path) === '.npz' ? inspectTable(path, choice) : inspectArrays(path);
}

/** A table without embeddings may be one of images. */
async function inspectTable(path: string, choice: ColumnChoice): Promise<Inspection> {
  try {
    return await inspectEvents(path, choice);
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'EVENTS_NO_EMBEDDINGS') throw error;
    return inspectImages(path).catch(() => {
      throw error;
    });
  }
}

interface ProfileInspection {
  kind: 'profile';
  rows: number;
  dimensions: number;
  clusters: number;
  counts: readonly number[];
  tap: string | null;
  weights_sha256: string | null;
  /** What is known of these weights beyond that; null: nothing. */
  weights_note: string | null;
}

async function inspectProfile(path: string): Promise<ProfileInspection> {
  const { rows, dimensions, centroids, counts, tap, weightsSha256, weightsNote = null } = await readProfile(path);
  const weights = { weights_sha256: weightsSha256, weights_note: weightsNote };
  return { kind: 'profile', rows, dimensions, clusters: centroids.rows, counts, tap, ...weights };
}

export type Inspection =
  | ArraysInspection
  | CheckpointInspection
  | EventsInspection
  | ImagesInspection
  | NetworkInspection
  | ProfileInspection
  | WeightsInspection;
