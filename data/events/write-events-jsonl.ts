/** Events as JSON lines: one object a row, its keys in the table's order, each number the shortest for its float32. */
import { AtomicFile } from '../../files/index.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedJson } from './carried-output.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  METADATA_COLUMN,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { metadataJson } from './event-metadata.js';
import type { EventSink } from './event-sink.js';
import { float32Text } from './float32-text.js';
import { vectorText } from './vector-text.js';

export async function createJsonlEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  const file = await AtomicFile.create(path);
  let metadata = `, "${METADATA_COLUMN}": ${JSON.stringify(metadataJson(schema))}`;
  return {
    async write(batch) {
      for (let row = 0; row < batch.rows; row++) {
        await file.write(Buffer.from(`{${jsonMembers(schema, batch, row)}${metadata}}\n`, 'utf8'));
        metadata = '';
      }
    },
    finish: () => file.finish(),
    commit: () => file.commit(),
    discard: () => file.discard(),
  };
}

function jsonMembers(schema: EventTableSchema, batch: EventBatch, row: number): string {
  const { dimensions, classes } = schema;
  let line = `"${EMBEDDINGS}": ${vectorText(batch.embeddings, row * dimensions, (row + 1) * dimensions)}`;
  for (let column = 0; column < classes.length; column++) {
    const score = (batch.scores as Float32Array)[row * classes.length + column] as number;
    line += `, ${JSON.stringify(classes[column])}: ${float32Text(score)}`;
  }
  if (schema.hasTargets) line += `, "${TARGET}": ${JSON.stringify(batch.targets[row])}`;
  if (schema.hasImageUrls) line += `, "${IMAGE_URL}": ${JSON.stringify(batch.imageUrls[row])}`;
  if (schema.hasTimestamps) line += `, "${TIMESTAMP}": ${batch.timestamps[row]}`;
  if (schema.hasEventIds) line += `, "${EVENT_ID}": ${JSON.stringify(batch.eventIds[row])}`;
  for (const name of schema.statistics) {
    const value = batch.statistics.get(name)?.[row] as number;
    line += `, "${statisticColumn(name)}": ${Number.isNaN(value) ? null : float32Text(value)}`;
  }
  for (const { name, type } of schema.carried ?? []) {
    line += `, ${JSON.stringify(name)}: ${carriedJson(type, batch.carried?.get(name)?.[row] ?? null)}`;
  }
  return line;
}
