/**
 * The cluster centres that Fiddler bins an embedding with: only with these can its number be computed beforehand.
 * A new model has them in the embedding's own feature; read back, a server may have them only in the "centroid
 * distance" enrichment that it adds, under `config.cf` (seen in Fiddler's own utilities). A file may be a centroids
 * file, a model as the REST API gives it (bare or in its envelope), or the bare list.
 */
import * as z from 'zod';
import { shown, shownValue } from '../../../base/index.js';
import { FileError, readSmallText, writeFileAtomically } from '../../../files/index.js';
import { centroidsOf, type ModelSpec } from '../../client/index.js';
import { PublishError } from '../publish-error.js';

export interface ServerCentroids {
  /** Name of the custom feature, e.g. `image_feature`. */
  feature: string;
  /** Column of the vectors; null where only the enrichment tells of the feature. */
  column: string | null;
  /** `[clusters][dimensions]`. */
  centroids: number[][];
}

/** More clusters or longer vectors than this are not centroids; `MAX_CLUSTERS` of k-means here is 256. */
const MAX_CENTROIDS = 10_000;
const MAX_CENTROID_LENGTH = 1_048_576;

/**
 * @param feature default: the only one that has centroids @param what names the model in messages
 * @returns null where the model has none @throws PublishError `CENTROIDS_AMBIGUOUS`
 */
export function serverCentroids(spec: ModelSpec, feature?: string, what = 'the model'): ServerCentroids | null {
  const names = feature === undefined ? featureNames(spec) : [feature];
  const found = names.flatMap((name) => {
    const centroids = centroidsOf(spec, name);
    const column = spec.custom_features.find((one) => one.name === name)?.column ?? null;
    return centroids === null ? [] : [{ feature: name, column, centroids }];
  });
  if (found.length <= 1) return found[0] ?? null;
  const message = `${what}: ${found.length} features have centroids: ${found.map(({ feature: name }) => shown(name)).join(', ')}`;
  throw new PublishError('CENTROIDS_AMBIGUOUS', message, { hint: 'Name one: --feature NAME.' });
}

/** The names of the features, and of those that only an enrichment mentions. */
function featureNames({ custom_features: features }: ModelSpec): string[] {
  const names = features.map(({ type, name, config }) => {
    if (type !== 'ENRICHMENT') return name;
    const about = isObject(config) ? config['cf'] : null;
    return isObject(about) && typeof about['name'] === 'string' ? about['name'] : name;
  });
  return [...new Set(names)];
}

/** @returns rows of equal length, all finite @throws PublishError `CENTROIDS_MALFORMED` naming row and problem */
function checkedCentroids(value: unknown, what: string): number[][] {
  const rows = Array.isArray(value) ? value : [];
  const length = Array.isArray(rows[0]) ? rows[0].length : 0;
  if (rows.length === 0 || rows.length > MAX_CENTROIDS || length === 0 || length > MAX_CENTROID_LENGTH) {
    const found = Array.isArray(value) ? `${rows.length} rows, the first of ${length} values` : shownValue(value);
    throw malformed(`${what}: centroids are ${found}; a list of lists of numbers is needed`);
  }
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row) || row.length !== length) {
      throw malformed(
        `${what}: centroid ${i} has ${Array.isArray(row) ? row.length : 'no'} values, centroid 0 has ${length}`,
      );
    }
    const wrong = row.findIndex((number) => typeof number !== 'number' || !Number.isFinite(number));
    if (wrong >= 0)
      throw malformed(`${what}: value ${wrong} of centroid ${i} is ${shownValue(row[wrong])}, no finite number`);
  }
  return rows as number[][];
}

function malformed(message: string): PublishError {
  return new PublishError('CENTROIDS_MALFORMED', message);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const FORMAT = 'image-drift/centroids';
const VERSION = 1;
/** 256 centroids of 8,192 values as text; a model has its columns beside them. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Centroids with what is known of where they are from; null where it is not. */
export interface CentroidsFile extends ServerCentroids {
  project: string | null;
  model: string | null;
  version: string | null;
  /** The weights that made the events from which the model was made. */
  weightsSha256: string | null;
  tap: string | null;
  classes: readonly string[];
}

/** Where they are put unless told: `resnet18.centroids.json`. */
export function defaultCentroidsPath(model: string): string {
  return `${model}.centroids.json`;
}

/** @throws FileError */
export async function writeCentroids(path: string, file: CentroidsFile): Promise<void> {
  await writeFileAtomically(path, (out) => out.write(new TextEncoder().encode(centroidsJson(file))));
}

/** One line a centroid: the file can be looked at, and compared line by line. */
export function centroidsJson(file: CentroidsFile): string {
  const { centroids, feature, column, project, model, version, weightsSha256, tap, classes } = file;
  const about = { format: FORMAT, version: VERSION, project, model, model_version: version, feature, column };
  const made = { weights_sha256: weightsSha256, tap, classes };
  const head = JSON.stringify({ ...about, ...made }, null, 1).slice(0, -2);
  const rows = centroids.map((row) => `  ${JSON.stringify(row)}`).join(',\n');
  return `${head},\n "centroids": [\n${rows}\n ]\n}\n`;
}

/** Null where there is no such file. @throws FileError, PublishError as `readCentroids` */
export async function readCentroidsIfThere(path: string): Promise<CentroidsFile | null> {
  try {
    return await readCentroids(path);
  } catch (error) {
    if (error instanceof FileError && error.code === 'FILE_NOT_FOUND') return null;
    throw error;
  }
}

/** @param feature which one, where there are several @throws FileError; PublishError `CENTROIDS_…` */
export async function readCentroids(path: string, feature?: string): Promise<CentroidsFile> {
  const text = await readSmallText(path, MAX_FILE_BYTES, 'a file of centroids');
  return parseCentroids(text, path, feature);
}

function parseCentroids(text: string, path: string, feature?: string): CentroidsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PublishError('CENTROIDS_UNREADABLE', `${path}: is not JSON`, { cause: error });
  }
  if (Array.isArray(value))
    return fileOf({ feature: 'embedding', column: null, centroids: checkedCentroids(value, path) });
  if (isObject(value) && value['format'] === FORMAT) return parseOwn(value, path);
  const model = isObject(value) && isObject(value['data']) ? value['data'] : value;
  const spec = isObject(model) ? model['spec'] : null;
  if (isObject(model) && isObject(spec) && Array.isArray(spec['custom_features'])) {
    const found = serverCentroids(specOf(spec['custom_features']), feature, path);
    if (found !== null)
      return fileOf(found, { model: textOrNull.parse(model['name']), version: textOrNull.parse(model['version']) });
  }
  const hint =
    'A file made by image-drift onboard, a model as the REST API gives it, or a list of lists of numbers is needed.';
  throw new PublishError('CENTROIDS_MISSING', `${path}: has no centroids`, { hint });
}

const textOrNull = z.string().nullable().catch(null);
/** What is not as it should be counts as not known; centroids are checked apart. */
const ownFile = z.object({
  feature: z.string().catch('embedding'),
  ...{ column: textOrNull, project: textOrNull, model: textOrNull, model_version: textOrNull },
  ...{ weights_sha256: textOrNull, tap: textOrNull },
  classes: z
    .array(z.unknown())
    .catch([])
    .transform((names) => names.filter((name) => typeof name === 'string')),
});

function parseOwn(value: Record<string, unknown>, path: string): CentroidsFile {
  if (value['version'] !== VERSION) {
    const message = `${path}: version ${shownValue(value['version'])} of ${FORMAT}, ${VERSION} is read here`;
    throw new PublishError('CENTROIDS_UNREADABLE', message);
  }
  const { model_version: version, weights_sha256: weightsSha256, ...known } = ownFile.parse(value);
  return { ...known, version, weightsSha256, centroids: checkedCentroids(value['centroids'], path) };
}

function fileOf(found: ServerCentroids, known: Partial<CentroidsFile> = {}): CentroidsFile {
  const nothing = { project: null, model: null, version: null, weightsSha256: null, tap: null, classes: [] };
  return { ...nothing, ...known, ...found };
}

/** A model from a file may lack any of it; only its features are looked at. */
function specOf(features: readonly unknown[]): ModelSpec {
  const named = features
    .filter(isObject)
    .map((one) => ({ ...one, name: String(one['name']), type: String(one['type']) }));
  const nothing = { schema_version: 1, inputs: [], outputs: [], targets: [], decisions: [], metadata: [] };
  return { ...nothing, custom_features: named };
}
