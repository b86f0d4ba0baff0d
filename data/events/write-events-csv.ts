/**
 * Events as csv (RFC 4180, except that lines end in a single line feed as pandas writes them): a header, vectors as
 * quoted `[0.1, 0.2]`, each number the shortest for its float32, nothing between the commas for what is not known.
 */
import { csvText, isFormula, quoted } from '../../base/index.js';
import { AtomicFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedText } from './carried-output.js';
import { columnNames, METADATA_COLUMN } from './event-columns.js';
import { metadataJson } from './event-metadata.js';
import type { EventSink } from './event-sink.js';
import { float32Text } from './float32-text.js';
import { vectorText } from './vector-text.js';

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
