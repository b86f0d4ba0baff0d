/**
 * The sample of events that Fiddler's model-factory infers a schema and finds the clusters from: chosen at random where
 * there are more rows than it reads, and written as a parquet file whose columns are all text, as its own client does.
 */
import { Random } from '../../../base/index.js';
import {
  type CarriedValue,
  EMBEDDINGS,
  EVENT_ID,
  type EventBatch,
  type EventSource,
  float32Text,
  IMAGE_URL,
  TARGET,
  vectorText,
} from '../../../data/index.js';
import { parquetOf, type SentColumn } from '../chunks/encode.js';
import { modelColumnNames, type TableColumns } from './spec.js';

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
 * sampling with a reservoir", ACM TOMS 11, 1985).
 * @param seen is shown every batch that passes
 * @throws DataError
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
