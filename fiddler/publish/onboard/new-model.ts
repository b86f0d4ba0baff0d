/**
 * The body that makes a model of events: schema and centroids from the server's model-factory, which gets a sample, or
 * found here. Sends no event and makes no model; whether one is needed is decided in `onboard.ts`.
 */
import { type CarriedColumn, EVENT_ID, type EventSource, TIMESTAMP } from '../../../data/index.js';
import { DEFAULT_CLUSTERS, kMeans } from '../../../drift/index.js';
import type { FiddlerClient, NewModel } from '../../client/index.js';
import { serverCentroids } from '../centroids/file.js';
import { type SampledRow, sampleEvents, sampleParquet } from './sample.js';
import { completedSchema, SchemaCollector } from './schema.js';
import { EMBEDDING_FEATURE, modelSpec, type TableColumns, taskOf, taskParameters } from './spec.js';

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
  /** Whether k-means ran here. */
  ownCentroids: boolean;
}

/** @throws PublishError `SCHEMA_NOT_USABLE`; DataError, DriftError, FiddlerError */
export async function newModel(
  client: FiddlerClient,
  events: EventSource,
  options: NewModelOptions,
): Promise<{ body: NewModel; ownCentroids: boolean }> {
  const { classes, hasEventIds } = events.schema;
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
    task: taskOf(classes),
    task_params: taskParameters(classes),
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
