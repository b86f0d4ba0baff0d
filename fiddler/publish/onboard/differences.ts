/**
 * Where a model on the server and the events to be published do not fit: "the server has, the events have". A model
 * with events cannot change in these points, so any of them needs a new version. What events do not decide
 * (descriptions, ranges, metadata columns that someone added, the server's own features) is no difference.
 */
import { EMBEDDINGS, EVENT_ID, TARGET, TIMESTAMP } from '../../../data/index.js';
import type { Column, Model } from '../../client/index.js';
import { isObject } from '../centroids/file.js';
import { EMBEDDING_FEATURE, METADATA_TYPES, modelColumnNames, modelSpec, type TableColumns, taskOf } from './spec.js';

export interface ModelDifference {
  /** What differs, e.g. `dimensions of embeddings`. */
  what: string;
  server: string;
  events: string;
}

type ComparedModel = Pick<Model, 'schema' | 'spec' | 'task' | 'task_params' | 'event_id_col' | 'event_ts_col'>;

/** @param clusters as asked for; null takes what the server has */
export function modelDifferences(
  model: ComparedModel,
  table: TableColumns,
  clusters: number | null,
): ModelDifference[] {
  return [
    ...columnDifferences(model, table),
    ...roleDifferences(model, table),
    ...classDifferences(model, table),
    ...featureDifferences(model, table, clusters),
    ...differs('event_id_col', model.event_id_col ?? null, table.hasEventIds ? EVENT_ID : null),
    ...differs('event_ts_col', model.event_ts_col ?? null, TIMESTAMP),
  ];
}

function differs(what: string, server: unknown, events: unknown): ModelDifference[] {
  return shownValue(server) === shownValue(events)
    ? []
    : [{ what, server: shownValue(server), events: shownValue(events) }];
}

function shownValue(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return Array.isArray(value) ? value.join(', ') || '-' : String(value);
}

function columnDifferences({ schema }: ComparedModel, table: TableColumns): ModelDifference[] {
  const known = new Map(schema.columns.map((column) => [column.name, column]));
  return modelColumnNames(table).flatMap((name) => {
    const column = known.get(name);
    if (column === undefined) return differs(`column ${name}`, null, 'there');
    if (name === EMBEDDINGS) return embeddingDifferences(column, table.dimensions);
    const fits = fittingTypes(name, table);
    return fits.includes(column.data_type) ? [] : differs(`type of ${name}`, column.data_type, fits[0]);
  });
}

/** The first is what events of this kind have. */
function fittingTypes(name: string, { classes, metadata = [] }: TableColumns): readonly string[] {
  if (classes.includes(name)) return ['float', 'int'];
  const column = metadata.find((one) => one.name === name);
  return METADATA_TYPES[column?.type ?? 'string'];
}

function embeddingDifferences({ data_type: type, n_dimensions: length }: Column, dimensions: number) {
  if (type !== 'vector') return differs(`type of ${EMBEDDINGS}`, type, 'vector');
  return differs(`dimensions of ${EMBEDDINGS}`, length, dimensions);
}

/** Columns that the server wants and the events have not, or have as something else. */
function roleDifferences({ spec }: ComparedModel, table: TableColumns): ModelDifference[] {
  const wanted = modelSpec(table, 1);
  return (['inputs', 'outputs', 'targets'] as const).flatMap((role) => {
    // The classes decide the order of the outputs.
    const inOrder = (names: readonly string[]) => [...names].sort();
    return differs(role, inOrder(spec[role] ?? []), inOrder(wanted[role]));
  });
}

function classDifferences({ task, task_params: parameters, schema }: ComparedModel, table: TableColumns) {
  const { classes, hasTargets } = table;
  const order = isObject(parameters) ? parameters['target_class_order'] : null;
  const target = schema.columns.find(({ name }) => name === TARGET);
  const categories = target?.data_type === 'category' ? (target.categories ?? []).map(String) : null;
  const unknown = hasTargets && categories !== null ? classes.filter((name) => !categories.includes(name)) : [];
  return [
    ...differs('task', task, taskOf(table)),
    ...(taskOf(table) === 'not_set' ? [] : differs('classes in order', order, classes)),
    ...(unknown.length === 0 ? [] : differs(`categories of ${TARGET}`, `without ${unknown.join(', ')}`, 'every class')),
  ];
}

function featureDifferences({ spec }: ComparedModel, table: TableColumns, clusters: number | null): ModelDifference[] {
  const features = (spec.custom_features as readonly unknown[]).filter(isObject);
  const wanted = modelSpec(table, clusters ?? 1).custom_features[0] as Record<string, unknown>;
  const found = features.find(({ name }) => name === EMBEDDING_FEATURE);
  if (found === undefined) return differs(`feature ${EMBEDDING_FEATURE}`, null, wanted['type']);
  return [
    ...differs(`type of ${EMBEDDING_FEATURE}`, found['type'], wanted['type']),
    ...differs(`column of ${EMBEDDING_FEATURE}`, found['column'], wanted['column']),
    ...(clusters === null ? [] : differs(`clusters of ${EMBEDDING_FEATURE}`, found['n_clusters'], clusters)),
  ];
}

/** Lines of a diff, as `diff -u` marks them. */
export function differenceLines(differences: readonly ModelDifference[]): string[] {
  return differences.flatMap(({ what, server, events }) => [
    `  ${what}`,
    `-   server: ${server}`,
    `+   events: ${events}`,
  ]);
}
