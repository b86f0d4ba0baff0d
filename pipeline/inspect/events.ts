/** What is in a table of events. */
import {
  type CarriedColumn,
  type ColumnChoice,
  eventFiles,
  openEvents,
  readableEventFormat,
  statisticColumn,
} from '../../data/index.js';

export interface EventsInspection {
  kind: 'events';
  format: string;
  /** Number of rows; null if it takes reading to the end to know. */
  rows: number | null;
  dimensions: number;
  classes: readonly string[];
  tap: string | null;
  weights_sha256: string | null;
  /** What is known of these weights beyond that; null: nothing. */
  weights_note: string | null;
  columns: string[];
  /** Columns that have no meaning here, and their types. */
  carried: readonly CarriedColumn[];
}

/** @throws DataError, such as `EVENTS_NO_EMBEDDINGS` */
export async function inspectEvents(path: string, choice: ColumnChoice): Promise<EventsInspection> {
  const events = await openEvents(path, choice);
  try {
    const { schema, rows } = events;
    const optional: [boolean, string][] = [
      [schema.hasTargets, 'target'],
      [schema.hasImageUrls, 'image_url'],
      [schema.hasTimestamps, 'timestamp'],
      [schema.hasEventIds, 'event_id'],
    ];
    const columns = optional.filter(([has]) => has).map(([, name]) => name);
    return {
      kind: 'events',
      format: readableEventFormat((await eventFiles(path))[0] ?? path),
      rows,
      dimensions: schema.dimensions,
      classes: schema.classes,
      tap: schema.tap,
      weights_sha256: schema.weightsSha256,
      weights_note: schema.weightsNote ?? null,
      columns: [
        'embeddings',
        ...schema.classes,
        ...columns,
        ...schema.statistics.map(statisticColumn),
        ...schema.extraTaps.keys(),
      ],
      carried: schema.carried ?? [],
    };
  } finally {
    await events.close();
  }
}
