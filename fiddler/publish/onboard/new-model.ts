/** The body that makes a model of events: schema and centroids from the server's model-factory, or found here. */
import { Random } from '../../../base/index.js';
import {
  type CarriedColumn,
  type CarriedValue,
  EMBEDDINGS,
  EVENT_ID,
  type EventBatch,
  type EventSource,
  float32Text,
  IMAGE_URL,
  TARGET,
  TIMESTAMP,
  vectorText,
} from '../../../data/index.js';
import { DEFAULT_CLUSTERS, kMeans } from '../../../drift/index.js';
import type { FiddlerClient, NewModel } from '../../client/index.js';
import { serverCentroids } from '../centroids/file.js';
import { parquetOf, type SentColumn } from '../chunks/encode.js';
import { completedSchema, SchemaCollector } from './schema.js';
import { EMBEDDING_FEATURE, modelColumnNames, modelSpec, type TableColumns, taskOf, taskParameters } from './spec.js';

export interface NewModelOptions {
  projectId: string;
  model: string;
  version?: string | undefined;
  clusters?: number | undefined;
  local?: boolean | undefined;
  seed?: number | undefined;
  metadata?: readonly CarriedColumn[] | undefined;
}

interface Made extends Pick<NewModel, 'schema' | 'spec'> {
  ownCentroids: boolean;
}

/** @throws PublishError `SCHEMA_NOT_USABLE`; DataError, DriftError, FiddlerError */
export async function newModel(
  client: FiddlerClient,
  events: EventSource,
  options: NewModelOptions,
): Promise<{ body: NewModel; ownCentroids: boolean }> {
  const { hasEventIds } = events.schema;
  const { projectId, model, version, local = false, metadata = [] } = options;
  const table: TableColumns = { ...events.schema, metadata };
  const made = local ? await madeHere(events, table, options) : await madeByServer(client, events, table, options);
  const { schema, spec, ownCentroids } = made;
  const body: NewModel = {
    name: model,
    project_id: projectId,
    schema,
    spec,
    input_type: 'structured',
    task: taskOf(table),
    task_params: taskParameters(table),
    event_id_col: hasEventIds ? EVENT_ID : null,
    event_ts_col: TIMESTAMP,
    ...(version === undefined ? {} : { version }),
  };
  return { body, ownCentroids };
}

async function madeByServer(
  client: FiddlerClient,
  events: EventSource,
  table: TableColumns,
  options: NewModelOptions,
): Promise<Made> {
  const { clusters = DEFAULT_CLUSTERS, seed } = options;
  const rows = await sampleEvents(events, table, { seed });
  const sample = { bytes: sampleParquet(rows, table) };
  const { id: fileId } = await client.files.upload(sample, { filename: 'data.parquet' });
  const inferred = await client.models.infer({ fileId, spec: modelSpec(table, clusters) });
  const schema = completedSchema(inferred.schema, table);
  if (serverCentroids(inferred.spec, EMBEDDING_FEATURE) !== null) {
    return { schema, spec: inferred.spec, ownCentroids: false };
  }
  return { schema, spec: modelSpec(table, clusters, centroidsOf(rows, table.dimensions, options)), ownCentroids: true };
}

async function madeHere(events: EventSource, table: TableColumns, options: NewModelOptions): Promise<Made> {
  const { clusters = DEFAULT_CLUSTERS, seed } = options;
  const collector = new SchemaCollector(table);
  const rows = await sampleEvents(events, table, { seed, seen: (batch) => collector.add(batch) });
  const spec = modelSpec(table, clusters, centroidsOf(rows, table.dimensions, options));
  return { schema: collector.schema(), spec, ownCentroids: true };
}

function centroidsOf(
  rows: readonly SampledRow[],
  columns: number,
  { clusters = DEFAULT_CLUSTERS, seed }: NewModelOptions,
): number[][] {
  const data = new Float32Array(rows.length * columns);
  for (const [i, { embedding }] of rows.entries()) data.set(embedding, i * columns);
  const { centroids } = kMeans({ rows: rows.length, columns, data }, { clusters, seed });
  return Array.from({ length: clusters }, (_, i) => [...centroids.data.subarray(i * columns, (i + 1) * columns)]);
}

/** The model-factory reads no more rows than this unless told. */
export const SAMPLE_ROWS = 10_000;
/** Bounds the upload where embeddings are long: about 11 bytes a value as text. */
const SAMPLE_VALUES = 4_000_000;
/** So that texts of few rows are held at a time. */
const ROW_GROUP_VALUES = 500_000;

export interface SampledRow {
  embedding: Float32Array;
  /** `[classes]`; null without scores. */
  scores: Float32Array | null;
  target: string | null;
  imageUrl: string | null;
  eventId: string | null;
  /** Values of the metadata columns that are asked for, in their order. */
  metadata: readonly CarriedValue[];
}

/**
 * Rows of the table in its order: all, or a sample in which each has the same chance (algorithm R; J. Vitter, "Random
 * sampling with a reservoir", ACM TOMS 11, 1985). @param seen is shown every batch that passes @throws DataError
 */
export async function sampleEvents(
  events: EventSource,
  table: TableColumns,
  { seed = 0, seen }: { seed?: number | undefined; seen?: ((batch: EventBatch) => void) | undefined } = {},
): Promise<SampledRow[]> {
  const { dimensions } = table;
  const capacity = Math.max(1, Math.min(SAMPLE_ROWS, Math.floor(SAMPLE_VALUES / dimensions)));
  const random = new Random(seed);
  const kept: { number: number; row: SampledRow }[] = [];
  let number = 0;
  for await (const batch of events.batches({ columns: ['scores', 'targets', 'imageUrls', 'eventIds', 'carried'] })) {
    seen?.(batch);
    for (let row = 0; row < batch.rows; row++, number++) {
      const place = number < capacity ? number : random.below(number + 1);
      if (place < capacity) kept[place] = { number, row: sampledRow(batch, row, table) };
    }
  }
  return kept.sort((a, b) => a.number - b.number).map(({ row }) => row);
}

function sampledRow(batch: EventBatch, row: number, table: TableColumns): SampledRow {
  const { dimensions, classes, metadata = [] } = table;
  const { embeddings, scores, targets, imageUrls, eventIds } = batch;
  return {
    embedding: embeddings.slice(row * dimensions, (row + 1) * dimensions),
    scores: scores?.slice(row * classes.length, (row + 1) * classes.length) ?? null,
    target: targets[row] ?? null,
    imageUrl: imageUrls[row] ?? null,
    eventId: eventIds[row] ?? null,
    metadata: metadata.map(({ name }) => batch.carried?.get(name)?.[row] ?? null),
  };
}

/** Snappy, every column a nullable UTF8 text, vectors as `[0.1, 0.2]`, each number the shortest for its float32. */
export function sampleParquet(rows: readonly SampledRow[], table: TableColumns): Uint8Array {
  const names = modelColumnNames(table);
  const columns = names.map((name): SentColumn => {
    const value = (row: number) => textOf(rows[row] as SampledRow, name, table);
    return { name, type: 'str', value, isLong: name === EMBEDDINGS };
  });
  const groupRows = Math.max(1, Math.floor(ROW_GROUP_VALUES / (table.dimensions + names.length)));
  return parquetOf(columns, rows.length, groupRows);
}

function textOf(row: SampledRow, name: string, { classes, metadata = [] }: TableColumns): string | null {
  if (name === EMBEDDINGS) return vectorText(row.embedding, 0, row.embedding.length);
  const score = classes.indexOf(name);
  if (score >= 0) return numberText(row.scores?.[score]);
  if (name === TARGET) return row.target;
  if (name === IMAGE_URL) return row.imageUrl;
  const carried = metadata.findIndex((column) => column.name === name);
  if (carried >= 0) return metadataText(metadata[carried]?.type === 'timestamp', row.metadata[carried] ?? null);
  return name === EVENT_ID ? row.eventId : null;
}

/** As pandas has them as text. */
function metadataText(isTime: boolean, value: CarriedValue): string | null {
  if (value === null) return null;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return isTime && typeof value === 'number' ? new Date(value).toISOString() : String(value);
}

function numberText(value: number | undefined): string | null {
  return value === undefined || Number.isNaN(value) ? null : float32Text(value);
}
