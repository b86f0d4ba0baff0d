/**
 * `image-drift/browser`: conversion, embedding, profiles, drift and reports in a page. Nothing is uploaded. Files are
 * `File`s, `Blob`s and bytes; inside they have names in a folder in memory, until another of that name comes, or
 * `forget`. On the thread that calls, work takes seconds: let a worker call.
 */
import { basename, extname, join, listFolder } from '#platform';
import { type ConvertedModel, type ConvertOptions, convertCheckpoint } from '../convert/index.js';
import type { Profile } from '../drift/index.js';
import { Embedder, type EmbedderOptions } from '../engine/index.js';
import { Gate } from '../files/index.js';
import { type EmbedImagesOptions, type EmbedSummary, embedImages, rejectedPath } from '../pipeline/embed/index.js';
import {
  type FitOptions,
  fitProfileFromEvents,
  type Measurement,
  type MeasureOptions,
  measureWindows,
} from '../pipeline/measure/index.js';
import { type ReportOptions, reportPage } from '../pipeline/report/index.js';
import { contentOf, entryAt, putFile, putFiles, removeFile } from '../platform/page/index.js';

export { CodedError } from '../base/index.js';
export { type Profile, parseProfile, profileToJson } from '../drift/index.js';
export { type Embedded, Embedder, type EmbedderOptions, type ImageBatch } from '../engine/index.js';
export type { Measurement } from '../pipeline/measure/index.js';

/** What a file has in it. */
export type Content = Blob | Uint8Array;

/** A `File`: of a folder that was chosen, it has a path. */
export interface NamedFile extends Blob {
  readonly name: string;
  readonly webkitRelativePath?: string;
  readonly lastModified?: number;
}

/** One file, several, such as those of a folder, or contents by their paths. */
export type Given = NamedFile | readonly NamedFile[] | Readonly<Record<string, Content>>;

const MODEL = '/model';
const WEIGHTS = '/weights';
const IMAGES = '/images';
const EVENTS = '/events';

/** One conversion, or one embedding, at a time: each has the same folders. */
const gate = new Gate(1);

function entriesOf(given: Given): { path: string; content: Content; modified?: number | undefined }[] {
  if (given instanceof Blob || Array.isArray(given)) {
    return [given as NamedFile | NamedFile[]].flat().map((file) => {
      return { path: file.webkitRelativePath || file.name, content: file, modified: file.lastModified };
    });
  }
  return Object.entries(given as Readonly<Record<string, Content>>).map(([path, content]) => ({ path, content }));
}

async function bytesAt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const content = contentOf(path);
  return new Uint8Array(content instanceof Blob ? await content.arrayBuffer() : content);
}

/** A converted model: what it is, and the files of its weights. */
export interface ConvertedWeights extends ConvertedModel {
  /** Identifies the weights. */
  sha256: string;
  /** Name → bytes, for `openWeights`; beside each other, they are a weights folder. */
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/**
 * Converts a model, as `convertCheckpoint` does.
 *
 * @param model a checkpoint, an ONNX file, a `.pt2`, or the files of a folder such as Hugging Face's
 * @param options as of `convertCheckpoint`, without those that name other files
 * @throws as `convertCheckpoint`
 *
 * @example
 * ```ts no_run
 * import { convertModel, openWeights } from 'image-drift/browser';
 *
 * async function opened(checkpoint: File) {
 *   const { config, files } = await convertModel(checkpoint, { size: [32, 32] });
 *   console.log(config.backbone);
 *   return openWeights(files);
 * }
 * ```
 */
export async function convertModel(
  model: Given,
  options: Omit<ConvertOptions, 'onnx' | 'overwrite'> = {},
): Promise<ConvertedWeights> {
  return gate.pass(async () => {
    const path = putFiles(MODEL, entriesOf(model));
    const {
      bytes: _,
      onnx: __,
      ...converted
    } = await convertCheckpoint(path, WEIGHTS, { ...options, overwrite: true });
    const names = (await listFolder(WEIGHTS)).map(({ name }) => name);
    const files = await Promise.all(names.map(async (name) => [name, await bytesAt(join(WEIGHTS, name))] as const));
    await removeFile(MODEL);
    await removeFile(WEIGHTS);
    return { ...converted, files: Object.fromEntries(files) };
  });
}

/**
 * Opens a model: on this thread in a page without the headers of cross-origin isolation, on all cores with them.
 *
 * @param weights files of a weights folder: `model.json` and what it names
 * @throws as `Embedder.load`
 *
 * @example
 * ```ts no_run
 * import { openWeights } from 'image-drift/browser';
 *
 * async function opened(files: readonly File[]) {
 *   const embedder = await openWeights(files, { precision: 'reproducible' });
 *   console.log(embedder.backend, embedder.threads);
 *   return embedder;
 * }
 * ```
 */
export async function openWeights(weights: Given, options: EmbedderOptions = {}): Promise<Embedder> {
  return gate.pass(async () => {
    const embedder = await Embedder.load(putFiles(WEIGHTS, entriesOf(weights)), options);
    await removeFile(WEIGHTS);
    return embedder;
  });
}

/** The events of images. */
export interface EmbeddedImages extends Omit<EmbedSummary, 'out' | 'resumed'> {
  /** A parquet table, for `fitProfile`, `measure` and Node's `image-drift`. */
  events: Uint8Array<ArrayBuffer>;
  /** Images that could not be used, a JSON object a line; empty where there are none. */
  rejections: string;
}

/**
 * Embeds images, as `embedImages` does. The images stay at hand, so that a report can show some.
 *
 * @param embedder the model. It stays open.
 * @param images image files, an npz, a tar, a zip, or a table with images in it
 * @param options `name` of the events, such as `week_1`, and those of `embedImages`
 * @throws as `embedImages`
 *
 * @example
 * ```ts no_run
 * import { type Embedder, embed } from 'image-drift/browser';
 *
 * async function embedded(embedder: Embedder, photos: readonly File[]) {
 *   const { events, rows, rejected } = await embed(embedder, photos, { name: 'week_1' });
 *   console.log(`${rows} images, ${rejected} could not be used`);
 *   return events;
 * }
 * ```
 */
export async function embed(
  embedder: Embedder,
  images: Given,
  { name, ...options }: { name: string } & Omit<EmbedImagesOptions, 'cache' | 'saveEvery' | 'stdin' | 'onSaved'>,
): Promise<EmbeddedImages> {
  return gate.pass(async () => {
    const out = tablePath(name);
    const path = putFiles(join(IMAGES, name), entriesOf(images));
    const { out: _, resumed: __, ...summary } = await embedImages(embedder, path, out, options);
    const list = rejectedPath(out);
    const rejections = (await entryAt(list)) === null ? '' : new TextDecoder().decode(await bytesAt(list));
    return { ...summary, events: await bytesAt(out), rejections };
  });
}

/** Tables are beside each other, so what they say of their images is right. */
function tablePath(name: string): string {
  return join(EVENTS, basename(extname(name) === '' ? `${name}.parquet` : name));
}

/**
 * Makes the profile of a baseline, as `fitProfileFromEvents` does. `profileToJson` writes it, `parseProfile` reads it.
 *
 * @param events of `embed`, or a table of `image-drift embed`
 * @throws as `fitProfileFromEvents`
 *
 * @example
 * ```ts no_run
 * import { fitProfile, profileToJson } from 'image-drift/browser';
 *
 * const saved = async (events: Uint8Array) => profileToJson(await fitProfile(events, { clusters: 5 }));
 * ```
 */
export async function fitProfile(
  events: Content,
  { name = 'baseline', ...options }: { name?: string } & FitOptions = {},
): Promise<Profile> {
  putFile(tablePath(name), events);
  return fitProfileFromEvents(tablePath(name), options);
}

/**
 * Measures the drift of windows, as `measureWindows` does.
 *
 * @param profile of the baseline
 * @param windows name → events
 * @throws as `measureWindows`
 *
 * @example
 * ```ts no_run
 * import { measure, type Profile } from 'image-drift/browser';
 *
 * async function verdict(profile: Profile, events: Uint8Array) {
 *   const { report } = await measure(profile, { week_1: events });
 *   return report.windows[0]?.verdict;
 * }
 * ```
 */
export async function measure(
  profile: Profile,
  windows: Readonly<Record<string, Content>>,
  options: MeasureOptions = {},
): Promise<Measurement> {
  for (const [name, events] of Object.entries(windows)) putFile(tablePath(name), events);
  return measureWindows(profile, Object.keys(windows).map(tablePath), options);
}

/**
 * The report of a measurement, as `writeReport` writes it: one HTML page that needs no network.
 *
 * @param profile the baseline that was measured against
 * @param measurement of `measure`, with `exemplars: 5` if images are to be shown
 * @param options `baseline`: its events, and those of `writeReport`
 * @throws as `writeReport`
 *
 * @example
 * ```ts no_run
 * import { measure, type Profile, report } from 'image-drift/browser';
 *
 * async function page(profile: Profile, baseline: Uint8Array, events: Uint8Array) {
 *   const measurement = await measure(profile, { week_1: events }, { exemplars: 5 });
 *   return report(profile, measurement, { baseline, umap: false });
 * }
 * ```
 */
export async function report(
  profile: Profile,
  measurement: Measurement,
  { baseline, ...options }: { baseline?: Content } & Omit<ReportOptions, 'baselineEvents'> = {},
): Promise<string> {
  if (baseline === undefined) return reportPage(profile, measurement, options);
  const path = tablePath('baseline');
  putFile(path, baseline);
  return reportPage(profile, measurement, { ...options, baselineEvents: path });
}

/** Lets all files go: images, which a report could still show, and tables. */
export async function forget(): Promise<void> {
  await Promise.all([MODEL, WEIGHTS, IMAGES, EVENTS].map(removeFile));
}
