/** Reads event tables as rows to compare: from the format of `data` to that of `drift`. */
import {
  type CarriedColumn,
  type EventBatch,
  type EventSource,
  type EventTableSchema,
  type OpenEventsOptions,
  openEvents,
} from '../../data/index.js';
import { type BaselineSource, type DriftBatch, withRelativeStatistics } from '../../drift/index.js';
import { hasImageRows, IMAGE_ROW_COLUMNS, imageRows } from './image-rows.js';
import { checkTargets } from './known-targets.js';
import type { RowGroups } from './row-groups.js';
import type { RowSegments } from './row-segments.js';
import { checkScoreRange } from './score-range.js';

/** What a table tells of its rows beside what is compared; absent or null where that is not known, or not asked. */
export interface RowFacts {
  groups?: RowGroups | null;
  segments?: RowSegments | null;
}

/** Opens a table, passes it to `use`, and always closes it. */
export async function withEvents<T>(
  path: string,
  options: OpenEventsOptions,
  use: (events: EventSource) => Promise<T>,
): Promise<T> {
  const events = await openEvents(path, options);
  try {
    return await use(events);
  } finally {
    await events.close();
  }
}

/** The columns of a table that are neither compared nor anything else that is known here. */
export function carriedColumns(path: string, options: OpenEventsOptions): Promise<readonly CarriedColumn[]> {
  return withEvents(path, options, async ({ schema }) => schema.carried ?? []);
}

/**
 * Yields all rows of a table, with the columns that a comparison needs. Call it again for another pass.
 *
 * @param told which rows hang together, and which segments they are in
 * @param imageColumns which columns about the images to read
 * @throws DriftError `TARGET_NOT_A_CLASS`, `SCORES_OUT_OF_RANGE`
 */
export async function* driftBatches(
  { path, schema, batches }: EventSource,
  told: RowFacts = {},
  imageColumns: readonly string[] = IMAGE_ROW_COLUMNS,
): AsyncGenerator<DriftBatch, void, undefined> {
  const columns = ['scores', 'targets', 'timestamps', 'statistics', 'carried'] as const;
  const carried = [...imageColumns, ...(told.groups?.columns ?? []), ...(told.segments?.columns ?? [])];
  let rows = 0;
  for await (const batch of batches({ columns, carried })) {
    checkRows(path, batch, schema, rows);
    rows += batch.rows;
    yield toDriftBatch(batch, schema, told);
  }
}

/**
 * What would make a comparison wrong.
 *
 * @param firstRow number of the batch's first row in its file
 * @throws DriftError `TARGET_NOT_A_CLASS`, `SCORES_OUT_OF_RANGE`
 */
export function checkRows(path: string, batch: EventBatch, schema: EventTableSchema, firstRow: number): void {
  checkTargets(path, batch, schema, firstRow);
  checkScoreRange(path, batch, schema, firstRow);
}

export function toDriftBatch(
  batch: EventBatch,
  schema: EventTableSchema,
  { groups, segments }: RowFacts = {},
): DriftBatch {
  const { dimensions, classes } = schema;
  const { rows, embeddings, scores, targets, timestamps, statistics, carried } = batch;
  return {
    embeddings: { rows, columns: dimensions, data: embeddings },
    scores: scores && { rows, columns: classes.length, data: scores },
    targets,
    timestamps,
    groups: groups?.of(batch),
    segments: segments?.of(batch),
    statistics: withRelativeStatistics(Object.fromEntries(statistics)),
    images: carried && hasImageRows(schema) ? imageRows(carried) : null,
  };
}

export function baselineSource(schema: EventTableSchema, groups: RowGroups | null): BaselineSource {
  const { dimensions, classes, tap, weightsSha256, pixelsSha256, weightsNote } = schema;
  return { dimensions, classes, tap, weightsSha256, pixelsSha256, weightsNote, groupName: groups?.name };
}
