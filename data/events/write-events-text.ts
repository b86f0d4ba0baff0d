/** Writes events as text: csv, and JSON lines. */
import { csvText, isFormula, quoted } from '../../base/index.js';
import { AtomicFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedJson, carriedText } from './carried-output.js';
import {
  columnNames,
  EMBEDDINGS,
  EVENT_ID,
  type EventSink,
  IMAGE_URL,
  METADATA_COLUMN,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { metadataJson } from './event-metadata.js';
import { float32Text, vectorText } from './vector-text.js';

/**
 * Events as csv (RFC 4180, except that lines end in a single line feed as pandas writes them): a header, vectors as
 * quoted `[0.1, 0.2]`, each number the shortest for its float32, nothing between the commas for what is not known.
 */
export async function createCsvEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  const header = [...columnNames(schema), METADATA_COLUMN].map(csvField).join(',');
  const file = await AtomicFile.create(path);
  await file.write(Buffer.from(`${header}\n`, 'utf8'));
  let metadata = csvField(metadataJson(schema));
  return {
    async write(batch) {
      for (let row = 0; row < batch.rows; row++) {
        await file.write(Buffer.from(`${csvLine(schema, batch, row)},${metadata}\n`, 'utf8'));
        metadata = '';
      }
    },
    finish: () => file.finish(),
    commit: () => file.commit(),
    discard: () => file.discard(),
  };
}

function csvLine(schema: EventTableSchema, batch: EventBatch, row: number): string {
  const { dimensions, classes } = schema;
  let line = `"${vectorText(batch.embeddings, row * dimensions, (row + 1) * dimensions)}"`;
  for (let column = 0; column < classes.length; column++) {
    line += `,${float32Text((batch.scores as Float32Array)[row * classes.length + column] as number)}`;
  }
  if (schema.hasTargets) line += `,${csvField(batch.targets[row] ?? null)}`;
  if (schema.hasImageUrls) line += `,${csvField(batch.imageUrls[row] ?? null)}`;
  if (schema.hasTimestamps) line += `,${batch.timestamps[row] ?? ''}`;
  if (schema.hasEventIds) line += `,${csvField(batch.eventIds[row] ?? null)}`;
  for (const name of schema.statistics) line += `,${statisticText(batch, name, row)}`;
  for (const { name, type } of schema.carried ?? []) {
    line += `,${csvField(carriedText(type, batch.carried?.get(name)?.[row] ?? null))}`;
  }
  return line;
}

/** @throws DataError `EVENTS_CSV_FORMULA`: an escape would be another text for every other reader */
export function csvField(text: string | null): string {
  if (text !== null && isFormula(text)) {
    throw new DataError(
      'EVENTS_CSV_FORMULA',
      `${quoted(text)} in a csv file is a formula to spreadsheets, which run it`,
      { hint: 'Name it otherwise (--dataset, --image-url, the classes), or write parquet or jsonl.' },
    );
  }
  return csvText(text);
}

function statisticText(batch: EventBatch, name: string, row: number): string {
  const value = batch.statistics.get(name)?.[row] as number;
  return Number.isNaN(value) ? '' : float32Text(value);
}

/** Events as JSON lines: one object a row, its keys in the table's order, each number the shortest for its float32. */
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
