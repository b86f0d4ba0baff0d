/**
 * A server's centroids in a file beside the profile, so that `drift --centroids` can compute Fiddler's number offline.
 *
 * Also reads what others may have at hand: a model as the REST API gives it (bare or in its envelope), or the bare list.
 */
import { shownValue } from '../../../base/index.js';
import { FileError, readSmallFile, writeFileAtomically } from '../../../files/index.js';
import type { ModelSpec } from '../../client/index.js';
import { PublishError } from '../publish-error.js';
import { checkedCentroids, isObject, type ServerCentroids, serverCentroids } from './server-centroids.js';

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

/**
 * @param feature which one, where a model has several
 * @throws FileError; PublishError `CENTROIDS_UNREADABLE`, `CENTROIDS_MISSING`, `CENTROIDS_MALFORMED`, `CENTROIDS_AMBIGUOUS`
 */
export async function readCentroids(path: string, feature?: string): Promise<CentroidsFile> {
  const bytes = await readSmallFile(path, MAX_FILE_BYTES, 'a file of centroids');
  return parseCentroids(bytes.toString('utf8'), path, feature);
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
      return fileOf(found, { model: textOrNull(model['name']), version: textOrNull(model['version']) });
  }
  throw new PublishError('CENTROIDS_MISSING', `${path}: has no centroids`, {
    hint: 'A file made by image-drift onboard, a model as the REST API gives it, or a list of lists of numbers is needed.',
  });
}

function parseOwn(value: Record<string, unknown>, path: string): CentroidsFile {
  if (value['version'] !== VERSION) {
    throw new PublishError(
      'CENTROIDS_UNREADABLE',
      `${path}: version ${shownValue(value['version'])} of ${FORMAT}, ${VERSION} is read here`,
    );
  }
  const classes = Array.isArray(value['classes']) ? value['classes'].filter((name) => typeof name === 'string') : [];
  return {
    feature: textOrNull(value['feature']) ?? 'embedding',
    column: textOrNull(value['column']),
    centroids: checkedCentroids(value['centroids'], path),
    project: textOrNull(value['project']),
    model: textOrNull(value['model']),
    version: textOrNull(value['model_version']),
    weightsSha256: textOrNull(value['weights_sha256']),
    tap: textOrNull(value['tap']),
    classes,
  };
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

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
