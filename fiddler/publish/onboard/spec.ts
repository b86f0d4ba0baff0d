/**
 * What each column of an event table is to Fiddler: input, output, target or metadata, and the embedding as an image
 * feature whose clusters are its drift's bins. Follows Fiddler's image-monitoring quickstart as its own client sends
 * it, key for key, plus `event_id` as metadata.
 */
import { nearest, quoted } from '../../../base/index.js';
import {
  type CarriedColumn,
  EMBEDDINGS,
  EVENT_ID,
  type EventTableSchema,
  IMAGE_URL,
  TARGET,
} from '../../../data/index.js';
import type { CustomFeature, DataType, ModelSpec } from '../../client/index.js';
import { PublishError } from '../publish-error.js';

/** The name of the embedding as a feature, as in the quickstart. */
export const EMBEDDING_FEATURE = 'image_feature';

/** Above this score the second of two classes counts as predicted: as Fiddler's own default. */
const BINARY_THRESHOLD = 0.5;

export type ModelTask = 'multiclass_classification' | 'binary_classification' | 'not_set';

export type TableColumns = Pick<
  EventTableSchema,
  'dimensions' | 'classes' | 'thresholds' | 'hasTargets' | 'hasImageUrls' | 'hasEventIds'
> & {
  /** Further columns that are asked for; default none. */
  metadata?: readonly CarriedColumn[];
};

/**
 * Column names in the table's order, without statistics of the images, and without `timestamp`, which a model does not
 * need: the range of a sample's times would make every later event a range violation.
 */
export function modelColumnNames(table: TableColumns): string[] {
  const names = [EMBEDDINGS, ...table.classes];
  if (table.hasTargets) names.push(TARGET);
  if (table.hasImageUrls) names.push(IMAGE_URL);
  if (table.hasEventIds) names.push(EVENT_ID);
  return [...names, ...metadataNames(table)];
}

function metadataNames({ metadata = [] }: TableColumns): string[] {
  return metadata.map(({ name }) => name);
}

/** @param clusters bins of the drift @param centroids `[clusters][dimensions]`; null: the server finds them */
export function modelSpec(table: TableColumns, clusters: number, centroids: number[][] | null = null): ModelSpec {
  const { outputs, spare } = outputColumns(table);
  return {
    schema_version: 1,
    inputs: [EMBEDDINGS],
    outputs,
    targets: table.hasTargets ? [TARGET] : [],
    decisions: [],
    metadata: [
      ...spare,
      ...(table.hasImageUrls ? [IMAGE_URL] : []),
      ...(table.hasEventIds ? [EVENT_ID] : []),
      ...metadataNames(table),
    ],
    custom_features: [embeddingFeature(table, clusters, centroids)],
  };
}

/** Fiddler wants one output of two classes, the score of the second; the score of the first is metadata then. */
function outputColumns(table: Scored): { outputs: string[]; spare: string[] } {
  const { classes } = table;
  const isBinary = taskOf(table) === 'binary_classification';
  return isBinary ? { outputs: classes.slice(1), spare: classes.slice(0, 1) } : { outputs: [...classes], spare: [] };
}

/** An image feature shows the images of a cluster, so it needs their addresses; without these the vector alone. */
function embeddingFeature(table: TableColumns, clusters: number, centroids: number[][] | null): CustomFeature {
  const shared = { n_clusters: clusters, centroids, column: EMBEDDINGS };
  return table.hasImageUrls
    ? { name: EMBEDDING_FEATURE, type: 'FROM_IMAGE_EMBEDDING', ...shared, source_column: IMAGE_URL }
    : { name: EMBEDDING_FEATURE, type: 'FROM_VECTOR', ...shared };
}

type Scored = Pick<TableColumns, 'classes' | 'thresholds'>;

/** Fiddler has no task for classes of which several may hold: it charts their scores, and no accuracy. */
export function taskOf({ classes, thresholds }: Scored): ModelTask {
  if (classes.length < 2 || thresholds !== undefined) return 'not_set';
  return classes.length === 2 ? 'binary_classification' : 'multiclass_classification';
}

/** All six members, as Fiddler's client sends them. The second of two classes is the positive class. */
export function taskParameters(table: Scored) {
  const task = taskOf(table);
  return {
    binary_classification_threshold: task === 'binary_classification' ? BINARY_THRESHOLD : null,
    target_class_order: task === 'not_set' ? null : [...table.classes],
    group_by: null,
    top_k: null,
    class_weights: null,
    weighted_ref_histograms: null,
  };
}

/** Types of a model's column that take a carried column's values; the first is the one that is made. */
export const METADATA_TYPES: Readonly<Record<CarriedColumn['type'], readonly DataType[]>> = {
  string: ['str', 'category'],
  integer: ['int', 'float'],
  float: ['float'],
  boolean: ['bool'],
  timestamp: ['timestamp', 'str'],
  other: [],
};

/** @param wanted names of carried columns, each once @throws PublishError `METADATA_MISSING`, `METADATA_TYPE` */
export function wantedMetadata(
  path: string,
  { carried = [] }: EventTableSchema,
  wanted: readonly string[],
): CarriedColumn[] {
  return [...new Set(wanted)].map((name) => {
    const column = carried.find((one) => one.name === name);
    if (column === undefined) {
      const names = carried.map((one) => one.name);
      const meant = nearest(name, names);
      const there = names.length === 0 ? 'There are none.' : `There is: ${names.slice(0, 20).join(', ')}.`;
      const hint = meant === null ? there : `Did you mean ${quoted(meant)}?`;
      throw new PublishError('METADATA_MISSING', `${path}: no column ${quoted(name)} that could be metadata`, { hint });
    }
    if (METADATA_TYPES[column.type].length > 0) return column;
    const hint = 'Fiddler takes text, numbers, booleans and times as metadata.';
    const message = `${path}: column ${quoted(name)} holds lists, structs or bytes, not values`;
    throw new PublishError('METADATA_TYPE', message, { hint });
  });
}
