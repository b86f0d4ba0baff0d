/**
 * The cluster centres that Fiddler bins an embedding with, found in a model. Only with these, not with centres fitted
 * here, can its number be computed before it is asked for.
 *
 * A model as it is created carries them in the embedding's own feature; read back, a server may have them only in the
 * "centroid distance" enrichment that it adds, under `config.cf` (seen in Fiddler's own utilities). Both are looked at.
 */
import { shown, shownValue } from '../../../base/index.js';
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
 * @param feature the one asked for; default: the only one that has centroids
 * @param what names the model in messages
 * @returns null where the model has none
 * @throws PublishError `CENTROIDS_AMBIGUOUS`
 */
export function serverCentroids(spec: ModelSpec, feature?: string, what = 'the model'): ServerCentroids | null {
  const names = feature === undefined ? featureNames(spec) : [feature];
  const found = names.flatMap((name) => {
    const centroids = centroidsOf(spec, name);
    const column = spec.custom_features.find((one) => one.name === name)?.column ?? null;
    return centroids === null ? [] : [{ feature: name, column, centroids }];
  });
  if (found.length <= 1) return found[0] ?? null;
  throw new PublishError(
    'CENTROIDS_AMBIGUOUS',
    `${what}: ${found.length} features have centroids: ${found.map(({ feature: name }) => shown(name)).join(', ')}`,
    { hint: 'Name one: --feature NAME.' },
  );
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

/**
 * @returns rows of equal length, all finite
 * @throws PublishError `CENTROIDS_MALFORMED` naming the row and what is wrong
 */
export function checkedCentroids(value: unknown, what: string): number[][] {
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
