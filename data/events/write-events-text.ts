import { bytesOfText } from '#platform';
import { csvText, isFormula, quoted } from '../../base/index.js';
import { AtomicFile } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedJson, carriedText } from './carried-output.js';
import { type EventSink, METADATA_COLUMN, type WrittenColumn, writtenColumns } from './event-columns.js';
import { metadataJson } from './table-schema.js';
import { float32Text, vectorText } from './vector-text.js';

/** RFC 4180, but lines end in a line feed, as pandas': quoted `[0.1, 0.2]`, nothing for what is not known. */
export async function createCsvEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  const columns = writtenColumns(schema);
  const header = [...columns.map(({ name }) => name), METADATA_COLUMN].map(csvField).join(',');
  const metadata = csvField(metadataJson(schema));
  return textSink(path, `${header}\n`, (batch, row, isFirst) => {
    const line = columns.map((column) => csvValue(column, batch, row)).join(',');
    return `${line},${isFirst ? metadata : ''}\n`;
  });
}

/** Events as JSON lines: one object a row, its keys in the table's order. */
export async function createJsonlEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  const columns = writtenColumns(schema);
  const metadata = `, "${METADATA_COLUMN}": ${JSON.stringify(metadataJson(schema))}`;
  return textSink(path, '', (batch, row, isFirst) => {
    const members = columns.map((column) => `${JSON.stringify(column.name)}: ${jsonValue(column, batch, row)}`);
    return `{${members.join(', ')}${isFirst ? metadata : ''}}\n`;
  });
}

async function textSink(
  path: string,
  header: string,
  lineOf: (batch: EventBatch, row: number, isFirst: boolean) => string,
): Promise<EventSink> {
  const file = await AtomicFile.create(path);
  await file.write(bytesOfText(header));
  let isFirst = true;
  return {
    async write(batch) {
      for (let row = 0; row < batch.rows; row++) {
        await file.write(bytesOfText(lineOf(batch, row, isFirst)));
        isFirst = false;
      }
    },
    finish: () => file.finish(),
    commit: () => file.commit(),
    discard: () => file.discard(),
  };
}

function csvValue(column: WrittenColumn, batch: EventBatch, row: number): string {
  if (column.kind === 'value') return csvField(carriedText(column.type, column.valuesOf(batch)[row] ?? null));
  return column.kind === 'vector' ? `"${vectorOf(column, batch, row)}"` : (floatOf(column, batch, row) ?? '');
}

function jsonValue(column: WrittenColumn, batch: EventBatch, row: number): string {
  if (column.kind === 'value') return carriedJson(column.type, column.valuesOf(batch)[row] ?? null);
  return column.kind === 'vector' ? vectorOf(column, batch, row) : (floatOf(column, batch, row) ?? 'null');
}

type Of<Kind extends WrittenColumn['kind']> = Extract<WrittenColumn, { kind: Kind }>;

function vectorOf({ length, valuesOf }: Of<'vector'>, batch: EventBatch, row: number): string {
  return vectorText(valuesOf(batch), row * length, (row + 1) * length);
}

function floatOf({ width, column, valuesOf }: Of<'float'>, batch: EventBatch, row: number): string | null {
  const value = valuesOf(batch)[row * width + column]!;
  return Number.isNaN(value) ? null : float32Text(value);
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
